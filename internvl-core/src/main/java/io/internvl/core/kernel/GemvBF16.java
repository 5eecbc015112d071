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

/** Bfloat16 weights: the upper half of a float32. */
final class GemvBF16 extends GemvGroupKernel {
  @Override
  boolean fits(int cols) {
    return cols % (2 * LANES) == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.pairs().prepare(x.floats(), x.cols());
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

    MemorySegment x = input.pairs().segment();
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int i = 0; i < cols; i += 2 * LANES) {
      long at = 2L * i;
      FloatVector even = FloatVector.fromMemorySegment(FLOATS, x, 4L * i, ORDER);
      FloatVector odd = FloatVector.fromMemorySegment(FLOATS, x, 4L * i + VECTOR_BYTES, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, w, o0 + at, ORDER);
      a0 = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a0);
      a0 = v.and(0xFFFF0000).reinterpretAsFloats().fma(odd, a0);
      v = IntVector.fromMemorySegment(INTS, w, o1 + at, ORDER);
      a1 = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a1);
      a1 = v.and(0xFFFF0000).reinterpretAsFloats().fma(odd, a1);
      v = IntVector.fromMemorySegment(INTS, w, o2 + at, ORDER);
      a2 = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a2);
      a2 = v.and(0xFFFF0000).reinterpretAsFloats().fma(odd, a2);
      v = IntVector.fromMemorySegment(INTS, w, o3 + at, ORDER);
      a3 = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a3);
      a3 = v.and(0xFFFF0000).reinterpretAsFloats().fma(odd, a3);
    }
    a0.intoMemorySegment(lanes, 0, ORDER);
    a1.intoMemorySegment(lanes, VECTOR_BYTES, ORDER);
    a2.intoMemorySegment(lanes, 2 * VECTOR_BYTES, ORDER);
    a3.intoMemorySegment(lanes, 3 * VECTOR_BYTES, ORDER);
  }
}
