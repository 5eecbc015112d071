package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Takes a super-block of 256 weights of each row after the other: for the K types and IQ4_XS, with
 * vectors of 512 bits.
 *
 * <p>First the scales of a block are decoded. Then come the codes, with float32 activations a
 * quarter at a time: 64 codes are the four bytes of sixteen 32-bit lanes. Each byte is brought to
 * bits 16 to 22 of its lane and becomes, with an exponent or-ed in, the float 128 + code; it is
 * multiplied with the activations, which {@link SuperBlockInput} has put into this order. The 128,
 * and offsets or minima of the type, go through the sums of the activations.
 *
 * <p>The two loops are methods of each type, longer than what HotSpot inlines, because vectors stay
 * in registers only in methods of limited size (docs/kernels.md). They repeat each other on
 * purpose: a call with vectors as arguments would put them on the heap.
 */
abstract class GemvSuperKernel extends GemvLoopKernel {
  private final SuperBlockOrder order;
  private final int blockBytes;

  GemvSuperKernel(TensorType type, SuperBlockOrder order) {
    this.order = order;
    blockBytes = type.blockBytes();
  }

  @Override
  final boolean fits(int cols) {
    return cols % SuperBlockInput.BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.superBlocks(order).prepare(x.floats(), x.cols());
  }

  @Override
  final int scratchFloats() {
    return 2 * ALL_SUMS; // sums, and the scales of a super-block
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    SuperBlockInput input = x.superBlocks(order);
    for (int block = 0; block < cols / SuperBlockInput.BLOCK; block++) {
      long at = (long) block * blockBytes;
      decodeScales(w, at, starts, input.sums(), block * SuperBlockInput.SCALES, lanes);
      multiplyCodes(w, at, starts, input.values(), block * SuperBlockInput.BLOCK, lanes);
    }
  }

  /**
   * Decodes the scales of a block of each row and subtracts what offsets and minima contribute.
   *
   * @param w encoded weights
   * @param offset where the block starts in a row
   * @param starts where the rows start
   * @param x sums of the activations
   * @param from index of the first of the sixteen sums of this block
   * @param scratch sums of the rows (rows, 16), then receives the scales (rows, 16)
   */
  abstract void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch);

  /**
   * Multiplies the codes of a block of each row.
   *
   * @param w encoded weights
   * @param offset where the block starts in a row
   * @param starts where the rows start
   * @param x the activations in the order of the type
   * @param from index of the first activation of this block
   * @param scratch sums of the rows (rows, 16), then the scales (rows, 16)
   */
  abstract void multiplyCodes(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch);
}
