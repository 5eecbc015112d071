package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decodes the headers of Q4_K and Q5_K for {@link GemvNarrowKernel}; {@link SubScales} describes
 * them.
 */
final class NarrowScales {
  private static final int PAIRS = 8; // of a scale and a minimum

  // Which word of the header has the lower bits of scale j and of minimum j, and where.
  private static final int[] LOW = {1, 1, 1, 1, 3, 3, 3, 3};
  private static final int[] LOW_SHIFTS = {0, 8, 16, 24, 0, 8, 16, 24};
  private static final int[] LOW_MASK = {63, 63, 63, 63, 15, 15, 15, 15};
  private static final int[] MINIMA = {2, 2, 2, 2, 3, 3, 3, 3};
  private static final int[] MINIMA_SHIFTS = {0, 8, 16, 24, 4, 12, 20, 28};

  // The same of bits 4 and 5 of the second four of each.
  private static final int[] HIGH_SHIFTS = {2, 10, 18, 26, 2, 10, 18, 26};
  private static final int[] HIGH_MASK = {0, 0, 0, 0, 48, 48, 48, 48};
  private static final IntVector HIGH = IntVector.broadcast(INTS, 1);
  private static final IntVector HIGH_MINIMA = IntVector.broadcast(INTS, 2);

  private NarrowScales() {}

  /**
   * Decodes the scales of some blocks of each row, and subtracts what minima contribute.
   *
   * @param w encoded weights
   * @param firstBlock index of the first block
   * @param blocks number of blocks
   * @param blockBytes size of a block
   * @param starts where the rows start
   * @param factors what products of 32 activations each are multiplied with
   * @param sums of 32 activations each
   * @param scratch sums of the rows (rows, 16), then receives the scales (blocks, rows, 16), of
   *     which eight are used
   */
  static void decode(
      MemorySegment w,
      int firstBlock,
      int blocks,
      int blockBytes,
      long[] starts,
      float[] factors,
      float[] sums,
      float[] scratch) {
    for (int i = 0; i < PAIRS; i += LANES) {
      IntVector low = IntVector.fromArray(INTS, LOW, i);
      IntVector lowShifts = IntVector.fromArray(INTS, LOW_SHIFTS, i);
      IntVector lowMask = IntVector.fromArray(INTS, LOW_MASK, i);
      IntVector minima = IntVector.fromArray(INTS, MINIMA, i);
      IntVector minimaShifts = IntVector.fromArray(INTS, MINIMA_SHIFTS, i);
      IntVector highShifts = IntVector.fromArray(INTS, HIGH_SHIFTS, i);
      IntVector highMask = IntVector.fromArray(INTS, HIGH_MASK, i);
      for (int block = 0; block < blocks; block++) {
        int from = (firstBlock + block) * PAIRS + i;
        FloatVector factor = FloatVector.fromArray(FLOATS, factors, from);
        FloatVector sum = FloatVector.fromArray(FLOATS, sums, from);
        long at = (firstBlock + block) * (long) blockBytes;
        int scales = (1 + block) * GemvLoopKernel.ALL_SUMS + i;
        for (int row = 0; row < RowShares.STREAMS; row++) {
          long o = at + starts[row];
          IntVector header = IntVector.fromMemorySegment(INTS, w, o, ORDER); // and maybe some codes
          int halves = w.get(INT, o);
          IntVector s =
              low.selectFrom(header)
                  .lanewise(VectorOperators.LSHR, lowShifts)
                  .and(lowMask)
                  .or(
                      HIGH.selectFrom(header)
                          .lanewise(VectorOperators.LSHR, highShifts)
                          .and(highMask));
          int lanes = row * GemvLoopKernel.SUMS;
          FloatVector scale =
              ((FloatVector) s.convert(VectorOperators.I2F, 0))
                  .mul(factor)
                  .mul(HalfTable.VALUES[halves & 0xFFFF]);
          scale.intoArray(scratch, scales + lanes);
          s =
              minima
                  .selectFrom(header)
                  .lanewise(VectorOperators.LSHR, minimaShifts)
                  .and(lowMask)
                  .or(
                      HIGH_MINIMA
                          .selectFrom(header)
                          .lanewise(VectorOperators.LSHR, highShifts)
                          .and(highMask));
          ((FloatVector) s.convert(VectorOperators.I2F, 0))
              .mul(-HalfTable.VALUES[halves >>> 16])
              .fma(sum, FloatVector.fromArray(FLOATS, scratch, lanes + i))
              .intoArray(scratch, lanes + i);
        }
      }
    }
  }
}
