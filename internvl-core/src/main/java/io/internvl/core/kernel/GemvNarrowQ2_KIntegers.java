package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q2_K, see {@link GemvNarrowQ2_K}, with integer activations. */
final class GemvNarrowQ2_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 84;
  private static final int SCALES = NarrowHalfScales.SCALES;
  private static final IntegerCodes CODES = IntegerCodes.TWO_BITS_K;
  private static final int UPPER_SCALES = NarrowHalfScales.upper(CODES);
  private static final long LOWER_BITS = 0x0F0F0F0F_0F0F0F0FL;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00030003);

  GemvNarrowQ2_KIntegers() {
    super(CODES);
  }

  @Override
  int scaleFloats() {
    return NarrowHalfScales.ALL_ROWS;
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
    for (int block = 0; block < blocks; block++) {
      long offset = (firstBlock + block) * (long) BYTES_OF_BLOCK;
      int from = (firstBlock + block) * SCALES;
      int to = ALL_SUMS + block * NarrowHalfScales.ALL_ROWS;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        long first = w.get(LONG, o);
        long second = w.get(LONG, o + 8);
        GemvNarrowKernel.LONGS.set(bytes, 0, first & LOWER_BITS);
        GemvNarrowKernel.LONGS.set(bytes, 8, second & LOWER_BITS);
        GemvNarrowKernel.LONGS.set(bytes, SCALES, first >>> 4 & LOWER_BITS);
        GemvNarrowKernel.LONGS.set(bytes, SCALES + 8, second >>> 4 & LOWER_BITS);
        int halves = w.get(INT, o + 80);
        float d = HalfTable.VALUES[halves & 0xFFFF];
        float dmin = HalfTable.VALUES[halves >>> 16];
        int scales = to + row * NarrowHalfScales.ROW;
        NarrowHalfScales.spread(bytes, d, x.halfFactors(), from, scratch, scales);
        NarrowHalfScales.addCommon(bytes, SCALES, -dmin, x.halfSums(), from, scratch, row * SUMS);
      }
    }
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
      int step = all % STEPS;
      int i = (firstBlock * BLOCK + all * STEP) / 2;
      IntVector x0 = IntVector.fromArray(INTS, x, i);
      IntVector x1 = IntVector.fromArray(INTS, x, i + LANES);
      IntVector x2 = IntVector.fromArray(INTS, x, i + 2 * LANES);
      IntVector x3 = IntVector.fromArray(INTS, x, i + 3 * LANES);
      int place = step * VECTOR_BYTES; // a byte has codes of two steps
      IntVector shift = IntVector.broadcast(INTS, place % 64 < 32 ? 16 : 1); // to bits 4 to 7
      int scale =
          ALL_SUMS + block * NarrowHalfScales.ALL_ROWS + NarrowHalfScales.lower(CODES, step);
      long codes = (firstBlock + block) * (long) BYTES_OF_BLOCK + 16 + place / 64 * 32 + place % 32;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, codes + starts[row], ORDER).mul(shift);
        IntVector p = v.lanewise(VectorOperators.LSHR, 4).and(EVEN).mul(x0);
        IntVector q = v.lanewise(VectorOperators.LSHR, 12).and(EVEN).mul(x1);
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        p = v.lanewise(VectorOperators.LSHR, 6).and(EVEN).mul(x2);
        q = v.lanewise(VectorOperators.LSHR, 14).and(EVEN).mul(x3);
        FloatVector high = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        int lanes = row * SUMS;
        int scales = scale + row * NarrowHalfScales.ROW;
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lanes);
        sum = low.fma(FloatVector.fromArray(FLOATS, scratch, scales), sum);
        sum = high.fma(FloatVector.fromArray(FLOATS, scratch, scales + UPPER_SCALES), sum);
        sum.intoArray(scratch, lanes);
      }
    }
  }
}
