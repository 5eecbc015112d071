package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Half-precision weights with vectors of 256 or 128 bits, exact for every finite value, where the
 * processor multiplies subnormal numbers as fast as others ({@link Processors#fastSubnormals}).
 *
 * <p>Sign, exponent and mantissa are moved to their float32 places and nothing else: that is the
 * value times 2^-112, also of a subnormal half, which becomes a subnormal float. {@link PairInput}
 * makes up for the power of two. {@link GemvF16} avoids subnormal floats, in twice as many
 * instructions.
 */
final class GemvNarrowF16 extends GemvLoopKernel {
  /** Sign, five bits of exponent and ten of mantissa; bits 28 to 30 are copies of the sign. */
  private static final IntVector HALF = IntVector.broadcast(INTS, 0x8FFFE000);

  private static final int STEP = 4 * LANES;

  @Override
  boolean fits(int cols) {
    return cols % STEP == 0;
  }

  @Override
  int mostTokens() {
    return Gemv.MAX_TOKENS;
  }

  @Override
  int usedSums() {
    return LANES;
  }

  @Override
  void prepare(TokenInput x) {
    x.largePairs().prepare(x.floats(), x.cols());
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    PairInput input = x.largePairs();
    pairs(w, starts, input.values(), cols, lanes);
    input.finish(lanes);
  }

  /** Takes two vectors of pairs of each row at a time. */
  private static void pairs(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int i = 0; i < cols; i += STEP) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      long at = 2L * i;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        long o = starts[row] + at;
        IntVector v = IntVector.fromMemorySegment(INTS, w, o, ORDER);
        IntVector h =
            v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(HALF);
        sum = h.reinterpretAsFloats().fma(x0, sum);
        h = v.lanewise(VectorOperators.ASHR, 3).and(HALF);
        sum = h.reinterpretAsFloats().fma(x1, sum);
        v = IntVector.fromMemorySegment(INTS, w, o + VECTOR_BYTES, ORDER);
        h = v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(HALF);
        sum = h.reinterpretAsFloats().fma(x2, sum);
        h = v.lanewise(VectorOperators.ASHR, 3).and(HALF);
        sum = h.reinterpretAsFloats().fma(x3, sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
