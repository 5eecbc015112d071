package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * MXFP4: an exponent and 32 codes of 4 bits that stand for small floats, with float32 activations.
 * The values are looked up in a vector.
 */
final class GemvMXFP4 extends GemvLoopKernel {
  /** Twice the float32 values, as bits. */
  private static final IntVector VALUES =
      FloatVector.fromArray(
              FLOATS, new float[] {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}, 0)
          .reinterpretAsInts();

  private static final float[] SCALES = new float[256]; // half of 2^(e - 127)

  static {
    for (int exponent = 0; exponent < SCALES.length; exponent++) {
      SCALES[exponent] = (float) Math.scalb(1.0, exponent - 128);
    }
  }

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
        long o = offset + row * stride + group * 68L;
        FloatVector sum = FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 1, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low0);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high0, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, SCALES[w.get(ValueLayout.JAVA_BYTE, o + 0) & 0xFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 18, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low1);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high1, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, SCALES[w.get(ValueLayout.JAVA_BYTE, o + 17) & 0xFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 35, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low2);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high2, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, SCALES[w.get(ValueLayout.JAVA_BYTE, o + 34) & 0xFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 52, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = v.selectFrom(VALUES).reinterpretAsFloats().mul(low3);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .selectFrom(VALUES)
                .reinterpretAsFloats()
                .fma(high3, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, SCALES[w.get(ValueLayout.JAVA_BYTE, o + 51) & 0xFF]),
                sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
