package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q5_K, see {@link GemvNarrowQ5_K}, with integer activations. */
final class GemvNarrowQ5_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 176;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00FF00FF);
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector BIT = IntVector.broadcast(INTS, 0x01010101);
  private static final IntVector FIFTH = IntVector.broadcast(INTS, 0x10101010);

  GemvNarrowQ5_KIntegers() {
    super(IntegerCodes.FIVE_BITS_K);
  }

  @Override
  void decodeScales(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers x,
      byte[] bytes,
      float[] scratch) {
    NarrowScales.decode(
        w, firstBlock, blocks, BYTES_OF_BLOCK, starts, x.factors(), x.sums(), scratch);
  }

  @Override
  void multiplyCodes(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers input,
      float[] scratch) {
    int[] x = input.values();
    for (int all = 0; all < blocks * STEPS; all++) {
      int block = all / STEPS;
      int i = (firstBlock * BLOCK + all * STEP) / 2;
      IntVector x0 = IntVector.fromArray(INTS, x, i);
      IntVector x1 = IntVector.fromArray(INTS, x, i + LANES);
      IntVector x2 = IntVector.fromArray(INTS, x, i + 2 * LANES);
      IntVector x3 = IntVector.fromArray(INTS, x, i + 3 * LANES);
      int place = all % STEPS * VECTOR_BYTES;
      int pair = place / 32; // of sub-blocks
      IntVector right = IntVector.broadcast(INTS, 2 * pair);
      int scale = (1 + block) * ALL_SUMS + 2 * pair;
      long fifth = (firstBlock + block) * (long) BYTES_OF_BLOCK + 16 + place % 32;
      long codes = 32 + place - place % 32;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = fifth + starts[row];
        IntVector v = IntVector.fromMemorySegment(INTS, w, o + codes, ORDER);
        IntVector h =
            IntVector.fromMemorySegment(INTS, w, o, ORDER).lanewise(VectorOperators.LSHR, right);
        IntVector c = v.and(LOWER).or(h.and(BIT).lanewise(VectorOperators.LSHL, 4));
        IntVector p = c.and(EVEN).mul(x0);
        IntVector q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        FloatVector low =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .add((FloatVector) q.convert(VectorOperators.I2F, 0));
        c =
            v.lanewise(VectorOperators.LSHR, 4)
                .and(LOWER)
                .or(h.lanewise(VectorOperators.LSHL, 3).and(FIFTH));
        p = c.and(EVEN).mul(x2);
        q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x3);
        FloatVector high =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .add((FloatVector) q.convert(VectorOperators.I2F, 0));
        int lanes = row * SUMS;
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lanes);
        sum = low.fma(FloatVector.broadcast(FLOATS, scratch[lanes + scale]), sum);
        sum = high.fma(FloatVector.broadcast(FLOATS, scratch[lanes + scale + 1]), sum);
        sum.intoArray(scratch, lanes);
      }
    }
  }
}
