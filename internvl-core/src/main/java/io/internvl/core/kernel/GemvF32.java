package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Float32 weights. */
final class GemvF32 extends GemvGroupKernel {
  @Override
  boolean fits(int cols) {
    return cols % LANES == 0;
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
    MemorySegment x = input.floats();
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int i = 0; i < cols; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER);
      a0 = FloatVector.fromMemorySegment(FLOATS, w, o0 + at, ORDER).fma(v, a0);
      a1 = FloatVector.fromMemorySegment(FLOATS, w, o1 + at, ORDER).fma(v, a1);
      a2 = FloatVector.fromMemorySegment(FLOATS, w, o2 + at, ORDER).fma(v, a2);
      a3 = FloatVector.fromMemorySegment(FLOATS, w, o3 + at, ORDER).fma(v, a3);
    }
    a0.intoMemorySegment(lanes, 0, ORDER);
    a1.intoMemorySegment(lanes, VECTOR_BYTES, ORDER);
    a2.intoMemorySegment(lanes, 2 * VECTOR_BYTES, ORDER);
    a3.intoMemorySegment(lanes, 3 * VECTOR_BYTES, ORDER);
  }
}
