package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.PackedFormat.BLOCK;
import static io.internvl.core.kernel.PackedFormat.GROUP;
import static io.internvl.core.kernel.PackedFormat.WORD;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a weight matrix with eight rows side by side, so that the lanes of a vector are rows: a
 * product of one token then needs neither a sum over lanes nor a scale for each row, and takes half
 * of the instructions. The last rows are filled up with zeros.
 *
 * <p>Memory is reserved first and filled later; reading it before gives products of zeros.
 */
public final class PackedRows {
  private final PackedFormat format;
  private final int cols;
  private final MemorySegment data; // (groups, words, GROUP) ints

  private PackedRows(PackedFormat format, int cols, MemorySegment data) {
    this.format = format;
    this.cols = cols;
    this.data = data;
  }

  /** Reserves memory for a copy; null when the type is not packed. */
  static @Nullable PackedRows reserve(WeightMatrix weight, Arena arena) {
    PackedFormat format = PackedFormat.of(weight.type());
    if (format == null) {
      return null;
    }
    long groups = Math.ceilDiv(weight.rows(), GROUP);
    long bytes = Math.multiplyExact(groups * GROUP, format.rowBytes(weight.cols()));
    return new PackedRows(format, weight.cols(), arena.allocate(bytes, 64));
  }

  /**
   * Returns a view of consecutive rows.
   *
   * @param firstRow index of the first row
   * @param count number of rows
   * @return the view, or null when the rows do not start and end with a group
   */
  @Nullable PackedRows rows(int firstRow, int count) {
    long first = firstRow * rowBytes();
    long size = (long) Math.ceilDiv(count, GROUP) * GROUP * rowBytes();
    boolean whole = count % GROUP == 0 || first + size == data.byteSize();
    return firstRow % GROUP == 0 && whole
        ? new PackedRows(format, cols, data.asSlice(first, size))
        : null;
  }

  /** Returns how the weights are packed. */
  PackedFormat format() {
    return format;
  }

  /** Returns the packed words. */
  MemorySegment data() {
    return data;
  }

  /** Returns the size of a row: a group has eight times as much. */
  long rowBytes() {
    return format.rowBytes(cols);
  }

  /**
   * Returns the number of groups of eight rows.
   *
   * @return at least 1
   */
  public int groups() {
    return Math.toIntExact(data.byteSize() / (GROUP * rowBytes()));
  }

  /**
   * Returns the size of the copy.
   *
   * @return bytes outside the heap
   */
  public long byteSize() {
    return data.byteSize();
  }

  /**
   * Packs some groups of rows. Different groups may be packed by different threads.
   *
   * @param weight the matrix that this is a copy of
   * @param firstGroup index of the first group of eight rows
   * @param endGroup index after the last group
   */
  public void fill(WeightMatrix weight, int firstGroup, int endGroup) {
    PackedSource source = new PackedSource(format, cols);
    int end = Math.min(endGroup * GROUP, weight.rows());
    for (int row = firstGroup * GROUP; row < end; row++) {
      source.read(weight.data(), row * weight.rowBytes());
      long at = row / GROUP * GROUP * rowBytes() + (long) row % GROUP * Integer.BYTES;
      for (int block = 0; block < cols / BLOCK; block++) {
        long to = at + (long) block * format.codes.words * WORD;
        switch (format.codes) {
          case NIBBLES -> nibbles(source.codes, BLOCK * block, to);
          case FIVES -> fives(source.codes, BLOCK * block, to);
          case BYTES -> bytes(source.codes, BLOCK * block, to);
        }
      }
      long to = at + (long) format.codeWords(cols) * WORD;
      for (int i = 0; i < source.scales.length; i++) {
        data.set(INT, to + (long) i * WORD, source.scales[i]);
      }
    }
  }

  private void nibbles(byte[] c, int from, long at) {
    for (int i = 0; i < BLOCK; i += 8) {
      int even = c[from + i] | c[from + i + 2] << 8 | c[from + i + 4] << 4 | c[from + i + 6] << 12;
      int odd =
          c[from + i + 1] | c[from + i + 3] << 8 | c[from + i + 5] << 4 | c[from + i + 7] << 12;
      data.set(INT, at + (long) i / 8 * WORD, even | odd << 16);
    }
  }

  private void fives(byte[] c, int from, long at) {
    for (int word = 0; word < 6; word++) {
      int v = 0;
      for (int i = 0; i < 6 && 6 * word + i < BLOCK; i++) {
        v |= c[from + 6 * word + i] << (i / 2 * 5 + i % 2 * 16);
      }
      data.set(INT, at + (long) word * WORD, v);
    }
  }

  private void bytes(byte[] c, int from, long at) {
    for (int i = 0; i < BLOCK; i += 4) {
      int v = c[from + i] | c[from + i + 1] << 16 | c[from + i + 2] << 8 | c[from + i + 3] << 24;
      data.set(INT, at + (long) i / 4 * WORD, v);
    }
  }
}
