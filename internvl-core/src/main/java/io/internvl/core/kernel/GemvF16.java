package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Half-precision weights, exact for every finite value.
 *
 * <p>Exponent and mantissa are moved to their float32 places and an exponent of 96 is or-ed in: the
 * value times 2^-16, which the input makes up for. A subnormal half has come out as (1 + m) 2^-31
 * instead of 2m 2^-31: of h and 2h - 2^-30 the smaller one is right, for normal halves as well.
 */
final class GemvF16 extends GemvLoopKernel {
  private static final IntVector MAGNITUDE = IntVector.broadcast(INTS, 0x0FFFE000);
  private static final IntVector REBIAS = IntVector.broadcast(INTS, 96 << 23);
  private static final IntVector SIGN = IntVector.broadcast(INTS, 0x80000000);
  private static final FloatVector TWO = FloatVector.broadcast(FLOATS, 2f);
  private static final FloatVector SUBNORMAL = FloatVector.broadcast(FLOATS, -0x1p-30f);

  @Override
  boolean fits(int cols) {
    return cols % (2 * LANES) == 0;
  }

  @Override
  int mostTokens() {
    return LANES == 16 ? super.mostTokens() : 1;
  }

  @Override
  int usedSums() {
    return LANES;
  }

  @Override
  void prepare(TokenInput x) {
    x.halfPairs().prepare(x.floats(), x.cols());
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    PairInput input = x.halfPairs();
    pairs(w, starts, input.values(), cols, lanes);
    input.finish(lanes);
  }

  /** Takes a vector of pairs of each row at a time. */
  private static void pairs(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int i = 0; i < cols; i += 2 * LANES) {
      FloatVector even = FloatVector.fromArray(FLOATS, x, i);
      FloatVector odd = FloatVector.fromArray(FLOATS, x, i + LANES);
      long at = 2L * i;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        IntVector v = IntVector.fromMemorySegment(INTS, w, starts[row] + at, ORDER);
        IntVector u = v.lanewise(VectorOperators.LSHL, 16);
        IntVector h = u.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
        h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
        sum = u.and(SIGN).or(h).reinterpretAsFloats().fma(even, sum);
        h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
        h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
        sum = v.and(SIGN).or(h).reinterpretAsFloats().fma(odd, sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
