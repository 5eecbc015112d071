package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Codebook types with vectors shorter than 512 bits: a code stands for eight weights, or four. The
 * codebook is a table of float vectors, so that a code costs one load, and its signs, if it has
 * any, another one; vectors are as long as an entry. {@link GemvBookKernel} is for 512 bits.
 *
 * <p>A super-block of 256 weights of each row is taken at a time: first its scale is decoded, then
 * {@link #multiplyCodes} does the rest.
 */
abstract class GemvGridKernel extends GemvLoopKernel {
  /** Weights of a super-block. */
  static final int BLOCK = 256;

  /**
   * Super-blocks of a row whose scales are decoded at once. These loads touch most of the lines
   * that are read next, side by side: the memory answers while few instructions wait for it.
   */
  private static final int AHEAD = 4;

  private final int blockBytes;

  GemvGridKernel(TensorType type) {
    blockBytes = type.blockBytes();
  }

  @Override
  final boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.prepareArray();
  }

  @Override
  final int scratchFloats() {
    return ALL_SUMS + AHEAD * RowShares.STREAMS; // sums, and scales of some super-blocks
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    int blocks = cols / BLOCK;
    for (int block = 0; block < blocks; block++) {
      if (block % AHEAD == 0) {
        decodeScales(w, starts, block, Math.min(blocks - block, AHEAD), lanes);
      }
      int scales = ALL_SUMS + block % AHEAD * RowShares.STREAMS;
      multiplyCodes(w, (long) block * blockBytes, starts, x.array(), block * BLOCK, lanes, scales);
    }
  }

  private void decodeScales(MemorySegment w, long[] starts, int first, int count, float[] lanes) {
    for (int block = 0; block < count; block++) {
      long at = (long) (first + block) * blockBytes;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        lanes[ALL_SUMS + block * RowShares.STREAMS + row] = scale(w, at + starts[row]);
      }
    }
  }

  /** Decodes the scale of the block at an offset. */
  abstract float scale(MemorySegment w, long offset);

  /**
   * Multiplies the codes of a block of each row.
   *
   * @param w encoded weights
   * @param offset where the block starts in a row
   * @param starts where the rows start
   * @param x the activations
   * @param from index of the first activation of this block
   * @param scratch sums of the rows (rows, 16), then scales
   * @param scales index of the scales of the blocks (rows) in the scratch
   */
  abstract void multiplyCodes(
      MemorySegment w,
      long offset,
      long[] starts,
      float[] x,
      int from,
      float[] scratch,
      int scales);
}
