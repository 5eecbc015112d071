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

  @Override
  boolean fits(int cols) {
    return cols % 64 == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    blocks(w, starts, x.array(), cols, lanes);
  }

  /** Takes two blocks of each row at a time. */
  private static void blocks(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    int groups = cols / 64;
    for (int group = 0; group < groups; group++) {
      int xo = group * 64;
      FloatVector low0 = FloatVector.fromArray(FLOATS, x, xo + 0);
      FloatVector high0 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector low1 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector high1 = FloatVector.fromArray(FLOATS, x, xo + 48);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = starts[row] + group * 34L;
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
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
                FloatVector.broadcast(
                    FLOATS, LookupRows.MXFP4_SCALES[w.get(ValueLayout.JAVA_BYTE, o + 0) & 0xFF]),
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
                FloatVector.broadcast(
                    FLOATS, LookupRows.MXFP4_SCALES[w.get(ValueLayout.JAVA_BYTE, o + 17) & 0xFF]),
                sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
