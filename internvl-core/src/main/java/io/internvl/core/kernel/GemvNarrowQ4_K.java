package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_K: 32 bytes hold a sub-block of 32 codes in their lower, the next one in their upper bits. */
final class GemvNarrowQ4_K extends GemvNarrowKernel {
  private static final int BYTES_OF_BLOCK = 144;
  private static final IntVector FIRST = IntVector.broadcast(INTS, 0x0F);
  private static final IntVector SECOND = IntVector.broadcast(INTS, 0x0F00);
  private static final IntVector THIRD = IntVector.broadcast(INTS, 0x0F0000);
  private static final IntVector FOURTH = IntVector.broadcast(INTS, 0x0F000000);

  @Override
  void decodeScales(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowInput x,
      byte[] bytes,
      float[] scratch) {
    NarrowScales.decode(
        w, firstBlock, blocks, BYTES_OF_BLOCK, starts, x.factors(), x.pairSums(), scratch);
  }

  @Override
  void multiplyCodes(
      MemorySegment w, int firstBlock, int blocks, long[] starts, float[] x, float[] scratch) {
    for (int all = 0; all < blocks * (STEPS / 2); all++) {
      int block = all / (STEPS / 2);
      int step = all % (STEPS / 2);
      int from = (firstBlock + block) * BLOCK;
      int pair = step / STEPS_OF_GROUP;
      int lower = from + 64 * pair + step % STEPS_OF_GROUP * STEP;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, lower);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, lower + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, lower + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, lower + 3 * LANES);
      int upper = lower + NarrowInput.GROUP;
      FloatVector y0 = FloatVector.fromArray(FLOATS, x, upper);
      FloatVector y1 = FloatVector.fromArray(FLOATS, x, upper + LANES);
      FloatVector y2 = FloatVector.fromArray(FLOATS, x, upper + 2 * LANES);
      FloatVector y3 = FloatVector.fromArray(FLOATS, x, upper + 3 * LANES);
      long at = (firstBlock + block) * (long) BYTES_OF_BLOCK + 16 + step * STEP;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, at + starts[row], ORDER);
        IntVector u = v.lanewise(VectorOperators.LSHR, 4);
        FloatVector p = ((FloatVector) v.and(FIRST).convert(VectorOperators.I2F, 0)).mul(x0);
        FloatVector q = ((FloatVector) u.and(FIRST).convert(VectorOperators.I2F, 0)).mul(y0);
        p = ((FloatVector) v.and(SECOND).convert(VectorOperators.I2F, 0)).fma(x1, p);
        q = ((FloatVector) u.and(SECOND).convert(VectorOperators.I2F, 0)).fma(y1, q);
        p = ((FloatVector) v.and(THIRD).convert(VectorOperators.I2F, 0)).fma(x2, p);
        q = ((FloatVector) u.and(THIRD).convert(VectorOperators.I2F, 0)).fma(y2, q);
        p = ((FloatVector) v.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(x3, p);
        q = ((FloatVector) u.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(y3, q);
        int scale = (1 + block) * ALL_SUMS + row * SCALES + 2 * pair;
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(FLOATS, scratch[scale]), sum);
        sum = q.fma(FloatVector.broadcast(FLOATS, scratch[scale + 1]), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
