package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
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

/** Q3_K, see {@link GemvNarrowQ3_K}, with integer activations. */
final class GemvNarrowQ3_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 110;
  private static final int SCALES = NarrowHalfScales.SCALES;
  private static final IntegerCodes CODES = IntegerCodes.THREE_BITS_K;
  private static final int UPPER_SCALES = NarrowHalfScales.upper(CODES);
  private static final float OFFSET = -4;
  private static final long LOWER_BITS = 0x0F0F0F0F_0F0F0F0FL;
  private static final int UPPER_BITS = 0x30303030;
  private static final long SIGNS = 0x20202020_20202020L;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00070007);
  private static final IntVector THIRD_PAIR = IntVector.broadcast(INTS, 0x30303030);
  private static final IntVector SEVENTH_BIT = IntVector.broadcast(INTS, 0x40404040);
  private static final IntVector PAIR = IntVector.broadcast(INTS, 0x03030303);
  private static final IntVector THIRD_BIT = IntVector.broadcast(INTS, 0x04040404);

  GemvNarrowQ3_KIntegers() {
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
        long low = w.get(LONG, o + 96);
        int high = w.get(INT, o + 104);
        long first = (long) (high << 2 & UPPER_BITS) << 32 | high << 4 & UPPER_BITS;
        long second = (long) (high >>> 2 & UPPER_BITS) << 32 | high & UPPER_BITS;
        GemvNarrowKernel.LONGS.set(bytes, 0, less32(low & LOWER_BITS | first));
        GemvNarrowKernel.LONGS.set(bytes, 8, less32(low >>> 4 & LOWER_BITS | second));
        float d = HalfTable.VALUES[w.get(SHORT, o + 108) & 0xFFFF];
        int scales = to + row * NarrowHalfScales.ROW;
        NarrowHalfScales.spread(bytes, d, x.halfFactors(), from, scratch, scales);
        NarrowHalfScales.addCommon(bytes, 0, OFFSET * d, x.halfSums(), from, scratch, row * SUMS);
      }
    }
  }

  /** Subtracts 32 from eight bytes of 6 bits: bit 5 changes and is the sign. */
  private static long less32(long bytes) {
    long changed = bytes ^ SIGNS;
    long signs = changed & SIGNS;
    return changed | signs << 1 | signs << 2;
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
      int place = step * VECTOR_BYTES; // a byte has codes of two steps, and a bit of all four
      IntVector shift = IntVector.broadcast(INTS, place % 64 < 32 ? 16 : 1); // to bits 4 to 7
      IntVector bits = IntVector.broadcast(INTS, 64 >> place / 32 * 2); // to bits 6 and 7
      int scale =
          ALL_SUMS + block * NarrowHalfScales.ALL_ROWS + NarrowHalfScales.lower(CODES, step);
      long upper = (firstBlock + block) * (long) BYTES_OF_BLOCK + place % 32;
      int codes = 32 + place / 64 * 32;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = upper + starts[row];
        IntVector h = IntVector.fromMemorySegment(INTS, w, o, ORDER).mul(bits);
        IntVector v = IntVector.fromMemorySegment(INTS, w, o + codes, ORDER).mul(shift);
        IntVector c = v.and(THIRD_PAIR).or(h.and(SEVENTH_BIT)).lanewise(VectorOperators.LSHR, 4);
        IntVector p = c.and(EVEN).mul(x0);
        IntVector q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        c =
            v.lanewise(VectorOperators.LSHR, 6)
                .and(PAIR)
                .or(h.lanewise(VectorOperators.LSHR, 5).and(THIRD_BIT));
        p = c.and(EVEN).mul(x2);
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
