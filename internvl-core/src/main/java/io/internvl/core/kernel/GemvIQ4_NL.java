package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * IQ4_NL: a scale and 32 codes of 4 bits that stand for 16 uneven values, with float32 activations.
 * The values are looked up in a vector.
 */
final class GemvIQ4_NL extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Float32 bits of the values. */
  private static final IntVector VALUES =
      FloatVector.fromArray(
              FLOATS,
              new float[] {
                -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
              },
              0)
          .reinterpretAsInts();

  @Override
  boolean fits(int cols) {
    return cols % 128 == 0;
  }

  @Override
  void rows(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      TokenInput x,
      int cols,
      MemorySegment sums) {
    blocks(w, offset, stride, rows, x.floats(), cols, sums);
  }

  /** Takes four blocks of each row at a time. */
  private static void blocks(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      MemorySegment x,
      int cols,
      MemorySegment sums) {
    int groups = cols / 128;
    for (int group = 0; group < groups; group++) {
      long xo = group * 512L;
      FloatVector low0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 0, ORDER);
      FloatVector high0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 64, ORDER);
      FloatVector low1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 128, ORDER);
      FloatVector high1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 192, ORDER);
      FloatVector low2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 256, ORDER);
      FloatVector high2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 320, ORDER);
      FloatVector low3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 384, ORDER);
      FloatVector high3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 448, ORDER);
      for (int row = 0; row < rows; row++) {
        long o = offset + row * stride + group * 72L;
        FloatVector sum = FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 2, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low0);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high0, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 0) & 0xFFFF]), sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 20, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low1);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high1, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 18) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 38, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low2);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high2, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 36) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 56, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low3);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high3, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 54) & 0xFFFF]),
                sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
