package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_K, see {@link GemvNarrowQ4_K}, with integer activations. */
final class GemvNarrowQ4_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 144;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x000F000F);

  GemvNarrowQ4_KIntegers() {
    super(IntegerCodes.FOUR_BITS_K);
  }

  @Override
  int mostTokens() {
    return 5;
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
      int scale = (1 + block) * ALL_SUMS + place / 32 * 2;
      long codes = (firstBlock + block) * (long) BYTES_OF_BLOCK + 16 + place;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, codes + starts[row], ORDER);
        IntVector p = v.and(EVEN).mul(x0);
        IntVector q = v.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        IntVector low = p.add(q);
        p = v.lanewise(VectorOperators.LSHR, 4).and(EVEN).mul(x2);
        q = v.lanewise(VectorOperators.LSHR, 12).and(EVEN).mul(x3);
        IntVector high = p.add(q);
        int lanes = row * SUMS;
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lanes);
        sum =
            ((FloatVector) low.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.broadcast(FLOATS, scratch[lanes + scale]), sum);
        sum =
            ((FloatVector) high.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.broadcast(FLOATS, scratch[lanes + scale + 1]), sum);
        sum.intoArray(scratch, lanes);
      }
    }
  }
}
