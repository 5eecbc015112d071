package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * IQ4_XS: sub-blocks of 32 codes of 4 bits that stand for the values of {@link LookupRows}, with a
 * scale of 6 bits each.
 */
final class GemvIQ4_XS extends GemvSuperKernel {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int[] SCALES = SuperBlockOrder.PAIRS_OF_16.scales();
  private static final IntVector VALUES = GemvIQ4_NL.VALUES;

  // Scale j has its lower bits in half byte j of word 1, its upper bits in bits 16 + 2j of word 0.
  private static final IntVector LOW_SHIFTS = multiples(0, 4);
  private static final IntVector HIGH_SHIFTS = multiples(16 - 4, 2);
  private static final IntVector LOW_BITS = IntVector.broadcast(INTS, 0x0F);
  private static final IntVector HIGH_BITS = IntVector.broadcast(INTS, 0x30);
  private static final IntVector MIDDLE = IntVector.broadcast(INTS, 32);

  GemvIQ4_XS() {
    super(TensorType.IQ4_XS, SuperBlockOrder.PAIRS_OF_16);
  }

  @Override
  void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS || from + SuperBlockInput.SCALES > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "sums %d of %d, %d rows from %d to %d, block at %d of %d bytes, scratch of %d",
              from,
              x.length,
              starts.length,
              starts[0],
              starts[RowShares.STREAMS - 1],
              offset,
              w.byteSize(),
              scratch.length));
    }
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      IntVector low =
          IntVector.broadcast(INTS, w.get(INT, o + 4))
              .lanewise(VectorOperators.LSHR, LOW_SHIFTS)
              .and(LOW_BITS);
      int first = w.get(INT, o);
      IntVector high =
          IntVector.broadcast(INTS, first)
              .lanewise(VectorOperators.LSHR, HIGH_SHIFTS)
              .and(HIGH_BITS);
      FloatVector s =
          ((FloatVector) low.or(high).sub(MIDDLE).convert(VectorOperators.I2F, 0))
              .mul(HalfTable.VALUES[first & 0xFFFF]);
      s.intoArray(scratch, ALL_SUMS + row * SuperBlockInput.SCALES);
    }
  }

  @Override
  void multiplyCodes(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
      int xo = from + 64 * quarter;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALES, 16 * quarter);
      int shift = quarter % 2 * 4;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + 8 + quarter / 2 * 64L, ORDER)
                .lanewise(VectorOperators.LSHR, shift);
        FloatVector p = v.selectFrom(VALUES).reinterpretAsFloats().mul(x0);
        p = v.lanewise(VectorOperators.LSHR, 8).selectFrom(VALUES).reinterpretAsFloats().fma(x1, p);
        p =
            v.lanewise(VectorOperators.LSHR, 16)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(x2, p);
        p =
            v.lanewise(VectorOperators.LSHR, 24)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(x3, p);
        int at = row * SuperBlockInput.SCALES;
        IntVector s = FloatVector.fromArray(FLOATS, scratch, ALL_SUMS + at).reinterpretAsInts();
        p.fma(
                scaleOf.selectFrom(s).reinterpretAsFloats(),
                FloatVector.fromArray(FLOATS, scratch, at))
            .intoArray(scratch, at);
      }
    }
  }

  private static IntVector multiples(int first, int step) {
    int[] values = new int[16];
    for (int i = 0; i < values.length; i++) {
      values[i] = first + step * (i % 8);
    }
    return IntVector.fromArray(INTS, values, 0);
  }
}
