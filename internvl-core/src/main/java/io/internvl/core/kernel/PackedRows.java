package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.PackedFormat.BLOCK;
import static io.internvl.core.kernel.PackedFormat.GROUP;
import static io.internvl.core.kernel.PackedFormat.STRETCH;
import static io.internvl.core.kernel.PackedFormat.WORD;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a weight matrix with a vector of rows side by side, so that lanes are rows: a product
 * of one token then needs neither a sum over lanes nor a scale for each row, and takes half of the
 * instructions. The last rows are filled up with zeros.
 *
 * <p>The shape is known first; memory is taken and filled later, before the first product.
 */
public final class PackedRows {

  private final PackedFormat format;
  private final int cols;
  private final long fileRowBytes; // of a row that is not packed
  private final int groups;
  private final @Nullable PackedRows whole; // which this is a part of
  private final int firstGroup; // of the whole
  private @Nullable MemorySegment data; // (groups, words, GROUP) ints

  private PackedRows(
      PackedFormat format,
      int cols,
      long fileRowBytes,
      int groups,
      @Nullable PackedRows whole,
      int firstGroup) {
    this.format = format;
    this.cols = cols;
    this.fileRowBytes = fileRowBytes;
    this.groups = groups;
    this.whole = whole;
    this.firstGroup = firstGroup;
  }

  /** Describes a copy of a matrix; null when its type is not packed. */
  static @Nullable PackedRows of(WeightMatrix weight) {
    PackedFormat format = PackedFormat.of(weight.type());
    if (format == null) {
      return null;
    }
    int groups = Math.ceilDiv(weight.rows(), GROUP);
    return new PackedRows(format, weight.cols(), weight.rowBytes(), groups, null, 0);
  }

  /**
   * Gives the copy its memory, before the first product.
   *
   * @param memory of {@link #byteSize}, aligned to 4 bytes; filled with what {@link #pack} makes
   */
  public void use(MemorySegment memory) {
    if (memory.byteSize() != byteSize()) {
      throw new IllegalArgumentException(
          memory.byteSize() + " bytes for a copy of " + byteSize() + " bytes");
    }
    data = memory;
  }

  /**
   * Returns a view of consecutive rows.
   *
   * @param firstRow index of the first row
   * @param count number of rows
   * @return the view, or null when the rows do not start and end with a group
   */
  @Nullable PackedRows rows(int firstRow, int count) {
    int first = firstRow / GROUP;
    int size = Math.ceilDiv(count, GROUP);
    boolean ends = count % GROUP == 0 || first + size == groups;
    return firstRow % GROUP == 0 && ends
        ? new PackedRows(format, cols, fileRowBytes, size, this, first)
        : null;
  }

  /** Returns how the weights are packed. */
  PackedFormat format() {
    return format;
  }

  /**
   * Returns the packed words.
   *
   * @return (groups, words, rows of a group) 32-bit words
   * @throws IllegalStateException when the copy has no memory yet
   */
  public MemorySegment data() {
    MemorySegment mine = data;
    if (mine == null) {
      if (whole == null) {
        throw new IllegalStateException("the copy has no memory yet");
      }
      long groupBytes = GROUP * rowBytes();
      mine = whole.data().asSlice(firstGroup * groupBytes, groups * groupBytes);
      data = mine; // any thread finds the same
    }
    return mine;
  }

  /** Returns the number of columns. */
  int cols() {
    return cols;
  }

  /** Returns the size of a row; its words lie among those of its group. */
  long rowBytes() {
    return format.rowBytes(cols);
  }

  /**
   * Returns how many rows stand side by side.
   *
   * @return rows of a group
   */
  public int rowsOfGroup() {
    return GROUP;
  }

  /**
   * Returns the number of groups of rows.
   *
   * @return at least 1
   */
  public int groups() {
    return groups;
  }

  /**
   * Returns the size of the copy.
   *
   * @return bytes outside the heap
   */
  public long byteSize() {
    return Math.multiplyExact((long) groups * GROUP, rowBytes());
  }

  /**
   * Packs some rows, whole groups unless they are the last of the matrix. Thread-safe.
   *
   * @param rows consecutive rows in their file encoding
   * @param count number of rows
   * @param target receives the groups of rows; zeros where there is no row
   */
  public void pack(MemorySegment rows, int count, MemorySegment target) {
    PackedSource source = new PackedSource(format, cols);
    for (int row = 0; row < count; row++) {
      source.read(rows, row * fileRowBytes);
      long at = row / GROUP * GROUP * rowBytes() + (long) row % GROUP * Integer.BYTES;
      for (int block = 0; block < cols / BLOCK; block++) {
        int end = Math.min((block * BLOCK / STRETCH + 1) * STRETCH, cols);
        long to = at + format.codesOffset(end) + (long) block * format.codes.words * WORD;
        switch (format.codes) {
          case NIBBLES -> nibbles(source.codes, BLOCK * block, target, to);
          case FIVES -> fives(source.codes, BLOCK * block, target, to);
          case BYTES -> bytes(source.codes, BLOCK * block, target, to);
        }
      }
      int scalesOfStretch = format.scaleWords(STRETCH);
      for (int i = 0; i < source.scales.length; i++) {
        long to = at + format.scalesOffset(i / scalesOfStretch * STRETCH);
        target.set(INT, to + (long) i * WORD, source.scales[i]);
      }
    }
  }

  private static void nibbles(byte[] c, int from, MemorySegment target, long at) {
    for (int i = 0; i < BLOCK; i += 8) {
      int low = (int) PackedSource.WORDS.get(c, from + i);
      int high = (int) PackedSource.WORDS.get(c, from + i + 4);
      target.set(INT, at + (long) i / 8 * WORD, low | high << 4);
    }
  }

  private static void fives(byte[] c, int from, MemorySegment target, long at) {
    int word = 0;
    for (int pair = 0; pair < BLOCK / 2; pair++) {
      int i = from + pair / 2 * 4 + pair % 2;
      int field = pair % 3;
      word |= (c[i] | c[i + 2] << 16) << 5 * field;
      if (field == 2 || pair == BLOCK / 2 - 1) {
        target.set(INT, at + (long) (pair / 3) * WORD, word);
        word = 0;
      }
    }
  }

  private static void bytes(byte[] c, int from, MemorySegment target, long at) {
    for (int i = 0; i < BLOCK; i += 4) {
      target.set(INT, at + (long) i / 4 * WORD, (int) PackedSource.WORDS.get(c, from + i));
    }
  }
}
