package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q5_K: sub-blocks of 32 codes of 5 bits, with a scale and a minimum each. The fifth bits of
 * sub-block j are bit j of 32 bytes.
 */
final class GemvNarrowQ5_K extends GemvNarrowKernel {
  private static final int BYTES_OF_BLOCK = 176;
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0x01010101);

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
    for (int all = 0; all < blocks * STEPS; all++) {
      int block = all / STEPS;
      int step = all % STEPS;
      int group = step / STEPS_OF_GROUP;
      int i = firstBlock * BLOCK + all * STEP;
      IntVector bit = IntVector.broadcast(INTS, group);
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      IntVector shift = IntVector.broadcast(INTS, group % 2 * 4);
      long part = (firstBlock + block) * (long) BYTES_OF_BLOCK + step % STEPS_OF_GROUP * STEP;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = part + starts[row];
        IntVector upper =
            IntVector.fromMemorySegment(INTS, w, o + 16, ORDER)
                .lanewise(VectorOperators.LSHR, bit)
                .and(UPPER)
                .lanewise(VectorOperators.LSHL, 4);
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + 48 + group / 2 * 32L, ORDER)
                .lanewise(VectorOperators.LSHR, shift)
                .and(LOWER)
                .or(upper);
        FloatVector p = ((FloatVector) v.and(FIRST).convert(VectorOperators.I2F, 0)).mul(x0);
        FloatVector q = ((FloatVector) v.and(SECOND).convert(VectorOperators.I2F, 0)).mul(x1);
        p = ((FloatVector) v.and(THIRD).convert(VectorOperators.I2F, 0)).fma(x2, p);
        q = ((FloatVector) v.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(x3, q);
        float scale = scratch[(1 + block) * ALL_SUMS + row * SCALES + group];
        p.add(q)
            .fma(
                FloatVector.broadcast(FLOATS, scale),
                FloatVector.fromArray(FLOATS, scratch, row * SUMS))
            .intoArray(scratch, row * SUMS);
      }
    }
  }
}
