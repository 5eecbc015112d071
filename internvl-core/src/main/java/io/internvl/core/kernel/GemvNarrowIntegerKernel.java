package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;

/**
 * K types with vectors of 256 or 128 bits and integer activations: as {@link GemvNarrowKernel}, but
 * a multiplication makes two products for each lane.
 */
abstract class GemvNarrowIntegerKernel extends GemvLoopKernel {
  /** Weights of a super-block. */
  static final int BLOCK = GemvNarrowKernel.BLOCK;

  /** Super-blocks of a row whose scales are decoded at once. */
  static final int AHEAD = 4;

  /** Bytes of a vector, each with the lower bits of two codes. */
  static final int VECTOR_BYTES = 4 * LANES;

  /** Weights of a vector, and such vectors in a super-block. */
  static final int STEP = 2 * VECTOR_BYTES;

  static final int STEPS = BLOCK / STEP;

  private final IntegerCodes codes;

  GemvNarrowIntegerKernel(IntegerCodes codes) {
    this.codes = codes;
  }

  @Override
  final boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.prepareArray();
    x.narrowIntegers(codes).prepare(x.array(), x.cols());
  }

  /** Returns how many floats the scales of a super-block of each row take. */
  int scaleFloats() {
    return ALL_SUMS;
  }

  @Override
  int mostTokens() {
    return 4;
  }

  @Override
  boolean fetches() {
    return true;
  }

  @Override
  final int scratchFloats() {
    return ALL_SUMS + AHEAD * scaleFloats();
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    NarrowIntegers input = x.narrowIntegers(codes);
    int blocks = cols / BLOCK;
    for (int first = 0; first < blocks; first += AHEAD) {
      int count = Math.min(AHEAD, blocks - first);
      decodeScales(w, first, count, starts, input, mine.bytes(), lanes);
      multiplyCodes(w, first, count, starts, input, lanes);
    }
  }

  /**
   * Decodes the scales of some blocks of each row, times the factors of the activations, and
   * subtracts what minima contribute.
   *
   * @param w encoded weights
   * @param firstBlock index of the first block
   * @param blocks number of blocks, at most AHEAD
   * @param starts where the rows start
   * @param x factors and sums of the activations
   * @param bytes room for scales of a row
   * @param scratch sums of the rows (rows, 16), then receives the scales (blocks, rows, 16)
   */
  abstract void decodeScales(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers x,
      byte[] bytes,
      float[] scratch);

  /**
   * Multiplies the codes of some blocks of each row.
   *
   * @param w encoded weights
   * @param firstBlock index of the first block
   * @param blocks number of blocks, at most AHEAD
   * @param starts where the rows start
   * @param x the activations
   * @param scratch sums of the rows (rows, 16), then the scales (blocks, rows, 16)
   */
  abstract void multiplyCodes(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers x,
      float[] scratch);
}
