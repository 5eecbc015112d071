package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.PackedFormat.WORD;

import java.lang.foreign.MemorySegment;

/**
 * Lays the headers of K types side by side, a 32-bit word of each row, in the order in which packed
 * rows have them ({@link PackedFormat.Scales}).
 */
final class RowHeaders {
  private RowHeaders() {}

  /**
   * Q4_K and Q5_K: the first sixteen bytes of each block.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param offset of the first block in a row
   * @param blockBytes size of a block
   * @param blocks number of blocks
   * @param to receives words (blocks, 4, rows)
   */
  static void sixBits(
      MemorySegment w, long[] starts, long offset, int blockBytes, int blocks, MemorySegment to) {
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long from = offset + starts[row];
      for (int i = 0; i < blocks; i++) {
        long at = from + (long) i * blockBytes;
        set(to, (4L * i) * WORD + row * Integer.BYTES, w.get(LONG, at), w.get(LONG, at + 8));
      }
    }
  }

  /**
   * Q6_K: sixteen signed bytes, and a half-precision factor that becomes a float.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param offset of the first block in a row
   * @param blocks number of blocks
   * @param to receives words (blocks, 5, rows)
   */
  static void signedBytes(
      MemorySegment w, long[] starts, long offset, int blocks, MemorySegment to) {
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long from = offset + starts[row] + 192;
      for (int i = 0; i < blocks; i++) {
        long at = from + i * 210L;
        float d = HalfTable.VALUES[w.get(SHORT, at + 16) & 0xFFFF];
        set(to, i, row, w.get(LONG, at), w.get(LONG, at + 8), Float.floatToRawIntBits(d));
      }
    }
  }

  /**
   * Q2_K: sixteen pairs of nibbles, and two half-precision factors.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param offset of the first block in a row
   * @param blocks number of blocks
   * @param to receives words (blocks, 5, rows)
   */
  static void nibblePairs(
      MemorySegment w, long[] starts, long offset, int blocks, MemorySegment to) {
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long from = offset + starts[row];
      for (int i = 0; i < blocks; i++) {
        long at = from + i * 84L;
        set(to, i, row, w.get(LONG, at), w.get(LONG, at + 8), w.get(INT, at + 80));
      }
    }
  }

  /** Writes the five words of a row. */
  static void set(MemorySegment to, int block, int row, long low, long high, int last) {
    long at = 5L * block * WORD + row * Integer.BYTES;
    set(to, at, low, high);
    to.set(INT, at + 4 * WORD, last);
  }

  private static void set(MemorySegment to, long at, long low, long high) {
    to.set(INT, at, (int) low);
    to.set(INT, at + WORD, (int) (low >>> 32));
    to.set(INT, at + 2 * WORD, (int) high);
    to.set(INT, at + 3 * WORD, (int) (high >>> 32));
  }
}
