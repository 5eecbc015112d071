package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Multiplies one row of each stream at a time, a super-block of 256 weights after the other: for
 * the K types and IQ4_XS, with vectors of 512 bits. Rows that a stream lacks are read from another.
 *
 * <p>First the scales of a block are decoded. Then come the codes, with float32 activations a
 * quarter at a time: 64 codes are the four bytes of sixteen 32-bit lanes. Each byte is brought to
 * bits 16 to 22 of its lane and becomes, with an exponent or-ed in, the float 128 + code; it is
 * multiplied with the activations, which {@link SuperBlockInput} has put into this order. The 128,
 * and offsets or minima of the type, go through the sums of the activations.
 *
 * <p>The loops are two methods of each type, because vectors stay in registers only in methods of
 * limited size, and take a constant number of rows, which saves a fifth of the time
 * (docs/kernels.md).
 */
abstract class GemvSuperKernel extends GemvKernel {
  /** Floats for the sums, or the scales of one super-block, of all rows. */
  static final int ROW_FLOATS = RowShares.STREAMS * SuperBlockInput.SCALES;

  private static final int SCRATCH_FLOATS = 2 * ROW_FLOATS;
  private static final long UNIT_BYTES = (long) RowShares.UNIT * Float.BYTES;

  private final int blockBytes;

  GemvSuperKernel(TensorType type) {
    blockBytes = type.blockBytes();
  }

  @Override
  final boolean fits(int cols) {
    return cols % SuperBlockInput.BLOCK == 0;
  }

  @Override
  final void multiply(
      MemorySegment w,
      long offset,
      long rowBytes,
      long apart,
      int streams,
      int rowsOfLast,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long to) {
    float[] scratch = mine.lanes(SCRATCH_FLOATS);
    long[] starts = mine.starts();
    int blocks = cols / SuperBlockInput.BLOCK;
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      Arrays.fill(scratch, 0, ROW_FLOATS, 0f);
      for (int i = 0; i < RowShares.STREAMS; i++) {
        starts[i] = i < count ? offset + row * rowBytes + i * apart : offset;
      }
      for (int block = 0; block < blocks; block++) {
        long at = (long) block * blockBytes;
        scales(w, at, starts, x, block, scratch);
        codes(w, at, starts, x, block, scratch);
      }
      long target = to + (long) row * Float.BYTES;
      for (int stream = 0; stream < count; stream++) {
        sums.set(
            ValueLayout.JAVA_FLOAT,
            target + stream * UNIT_BYTES,
            VectorSum.at(scratch, stream * SuperBlockInput.SCALES));
      }
    }
  }

  /**
   * Decodes the scales of a block of each row and subtracts what offsets and minima contribute.
   *
   * @param w encoded weights
   * @param at offset of the block in a row
   * @param starts where the rows start
   * @param x the token
   * @param block index of the block
   * @param scratch sums of the rows (rows, 16), then receives the scales (rows, 16)
   */
  abstract void scales(
      MemorySegment w, long at, long[] starts, TokenInput x, int block, float[] scratch);

  /**
   * Multiplies the codes of a block of each row.
   *
   * @param w encoded weights
   * @param at offset of the block in a row
   * @param starts where the rows start
   * @param x the token
   * @param block index of the block
   * @param scratch sums of the rows (rows, 16), then the scales (rows, 16)
   */
  abstract void codes(
      MemorySegment w, long at, long[] starts, TokenInput x, int block, float[] scratch);
}
