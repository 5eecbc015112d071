package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Codebook types with vectors shorter than 512 bits: a code stands for eight weights, or four. The
 * codebook is a table of float vectors, so that a code costs one load, and its signs, if it has
 * any, another one; vectors are as long as an entry. {@link GemvBookKernel} is for 512 bits.
 *
 * <p>All super-blocks of the rows are multiplied in one call: with one call for each, up to two
 * fifths of the time went into the calls.
 */
abstract class GemvGridKernel extends GemvLoopKernel {
  /** Weights of a super-block. */
  static final int BLOCK = 256;

  /** Makes a table of codes of four weights: float bits, with four zeros before and after each. */
  static int[] spaced(float[] values) {
    int[] table = new int[2 * values.length + 4];
    for (int i = 0; i < values.length; i++) {
      table[4 + i / 4 * 8 + i % 4] = Float.floatToRawIntBits(values[i]);
    }
    return table;
  }

  @Override
  final boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  final int mostTokens() {
    return 2;
  }

  @Override
  final void prepare(TokenInput x) {
    x.prepareArray();
  }

  @Override
  final int scratchFloats() {
    return ALL_SUMS;
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    multiplyCodes(w, starts, x.array(), cols, lanes);
  }

  /** Decodes the scale of the block at an offset. */
  abstract float scale(MemorySegment w, long offset);

  /**
   * Multiplies the codes of each row.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param x the activations
   * @param cols their number
   * @param scratch sums of the rows (rows, 16)
   */
  abstract void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch);
}
