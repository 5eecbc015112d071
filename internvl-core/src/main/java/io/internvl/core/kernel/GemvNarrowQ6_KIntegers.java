package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q6_K, see {@link GemvNarrowQ6_K}, with integer activations. */
final class GemvNarrowQ6_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 210;
  private static final int SCALES = NarrowHalfScales.SCALES;
  private static final IntegerCodes CODES = IntegerCodes.SIX_BITS_K;
  private static final int UPPER_SCALES = NarrowHalfScales.upper(CODES);
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00FF00FF);
  private static final IntVector SECOND_PAIR = IntVector.broadcast(INTS, 0x0C0C0C0C);
  private static final IntVector THIRD_PAIR = IntVector.broadcast(INTS, 0x30303030);

  GemvNarrowQ6_KIntegers() {
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
      int scales = ALL_SUMS + block * NarrowHalfScales.ALL_ROWS;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        GemvNarrowKernel.LONGS.set(bytes, 0, w.get(LONG, o + 192));
        GemvNarrowKernel.LONGS.set(bytes, 8, w.get(LONG, o + 200));
        float d = HalfTable.VALUES[w.get(SHORT, o + 208) & 0xFFFF];
        int to = scales + row * NarrowHalfScales.ROW;
        NarrowHalfScales.spread(bytes, d, x.halfFactors(), from, scratch, to);
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
    int[] offsets = input.offsets();
    for (int all = 0; all < blocks * STEPS; all++) {
      int block = all / STEPS;
      int step = all % STEPS;
      int i = (firstBlock * BLOCK + all * STEP) / 2;
      IntVector x0 = IntVector.fromArray(INTS, x, i);
      IntVector x1 = IntVector.fromArray(INTS, x, i + LANES);
      IntVector x2 = IntVector.fromArray(INTS, x, i + 2 * LANES);
      IntVector x3 = IntVector.fromArray(INTS, x, i + 3 * LANES);
      IntVector first = IntVector.fromArray(INTS, offsets, i);
      IntVector second = IntVector.fromArray(INTS, offsets, i + LANES);
      int place = step * VECTOR_BYTES;
      int pair = place % 64 / 32 * 2;
      IntVector shift = IntVector.broadcast(INTS, 4 >> pair);
      int scale =
          ALL_SUMS + block * NarrowHalfScales.ALL_ROWS + NarrowHalfScales.lower(CODES, step);
      long codes = (firstBlock + block) * (long) BYTES_OF_BLOCK + place;
      int upper = 128 + place / 64 * 32 + place % 32 - place;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = codes + starts[row];
        IntVector v = IntVector.fromMemorySegment(INTS, w, o, ORDER);
        IntVector h = IntVector.fromMemorySegment(INTS, w, o + upper, ORDER).mul(shift);
        IntVector c = v.and(LOWER).or(h.and(SECOND_PAIR).lanewise(VectorOperators.LSHL, 2));
        IntVector p = c.and(EVEN).mul(x0).add(first);
        IntVector q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        c =
            v.lanewise(VectorOperators.LSHR, 4)
                .and(LOWER)
                .or(h.lanewise(VectorOperators.LSHR, 2).and(THIRD_PAIR));
        p = c.and(EVEN).mul(x2).add(second);
        q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x3);
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
