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
 * Half-precision weights, exact for every finite value.
 *
 * <p>Exponent and mantissa are moved to their float32 places and an exponent of 96 is or-ed in: the
 * value times 2^-16, which the input makes up for. A subnormal half has come out as (1 + m) 2^-31
 * instead of 2m 2^-31: of h and 2h - 2^-30 the smaller one is right, for normal halves as well.
 */
final class GemvF16 extends GemvGroupKernel {
  private static final int MAGNITUDE = 0x0FFFE000;
  private static final int REBIAS = 96 << 23;
  private static final int SIGN = 0x80000000;
  private static final FloatVector TWO = FloatVector.broadcast(FLOATS, 2f);
  private static final FloatVector SUBNORMAL = FloatVector.broadcast(FLOATS, -0x1p-30f);

  @Override
  boolean fits(int cols) {
    return cols % (2 * LANES) == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.halfPairs().prepare(x.floats(), x.cols());
  }

  @Override
  void group(
      MemorySegment w,
      long o0,
      long o1,
      long o2,
      long o3,
      TokenInput input,
      int cols,
      MemorySegment lanes) {

    MemorySegment x = input.halfPairs().segment();
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int i = 0; i < cols; i += 2 * LANES) {
      long at = 2L * i;
      FloatVector even = FloatVector.fromMemorySegment(FLOATS, x, 4L * i, ORDER);
      FloatVector odd = FloatVector.fromMemorySegment(FLOATS, x, 4L * i + VECTOR_BYTES, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, w, o0 + at, ORDER);
      IntVector u = v.lanewise(VectorOperators.LSHL, 16);
      IntVector h = u.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a0 = u.and(SIGN).or(h).reinterpretAsFloats().fma(even, a0);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a0 = v.and(SIGN).or(h).reinterpretAsFloats().fma(odd, a0);
      v = IntVector.fromMemorySegment(INTS, w, o1 + at, ORDER);
      u = v.lanewise(VectorOperators.LSHL, 16);
      h = u.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a1 = u.and(SIGN).or(h).reinterpretAsFloats().fma(even, a1);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a1 = v.and(SIGN).or(h).reinterpretAsFloats().fma(odd, a1);
      v = IntVector.fromMemorySegment(INTS, w, o2 + at, ORDER);
      u = v.lanewise(VectorOperators.LSHL, 16);
      h = u.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a2 = u.and(SIGN).or(h).reinterpretAsFloats().fma(even, a2);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a2 = v.and(SIGN).or(h).reinterpretAsFloats().fma(odd, a2);
      v = IntVector.fromMemorySegment(INTS, w, o3 + at, ORDER);
      u = v.lanewise(VectorOperators.LSHL, 16);
      h = u.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a3 = u.and(SIGN).or(h).reinterpretAsFloats().fma(even, a3);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      a3 = v.and(SIGN).or(h).reinterpretAsFloats().fma(odd, a3);
    }
    a0.intoMemorySegment(lanes, 0, ORDER);
    a1.intoMemorySegment(lanes, VECTOR_BYTES, ORDER);
    a2.intoMemorySegment(lanes, 2 * VECTOR_BYTES, ORDER);
    a3.intoMemorySegment(lanes, 3 * VECTOR_BYTES, ORDER);
  }
}
