package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.VectorSupport.ALLOCATED;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Four rows of a tile times two vectors: the shape for processors with 16 vector registers. On such
 * a processor twelve sums are slower, because the compiler spills.
 */
final class MicroKernel4x2 {
  private MicroKernel4x2() {}

  static void multiply(
      float[] w, int wo, int depth, MemorySegment x, long xo, MemorySegment y, long yo) {
    if (x.getClass() != ALLOCATED || y.getClass() != ALLOCATED) {
      throw new IllegalArgumentException(x + ", " + y);
    }
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector a1 = zero;
    FloatVector b0 = zero;
    FloatVector b1 = zero;
    FloatVector c0 = zero;
    FloatVector c1 = zero;
    FloatVector d0 = zero;
    FloatVector d1 = zero;
    for (int k = 0; k < depth; k++) {
      int wk = wo + k;
      long xk = xo + k * (2 * VECTOR_BYTES);
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, xk, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, x, xk + VECTOR_BYTES, ORDER);
      FloatVector weight = FloatVector.broadcast(FLOATS, w[wk]);
      a0 = weight.fma(x0, a0);
      a1 = weight.fma(x1, a1);
      weight = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE]);
      b0 = weight.fma(x0, b0);
      b1 = weight.fma(x1, b1);
      weight = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE]);
      c0 = weight.fma(x0, c0);
      c1 = weight.fma(x1, c1);
      weight = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE]);
      d0 = weight.fma(x0, d0);
      d1 = weight.fma(x1, d1);
    }
    a0.intoMemorySegment(y, yo, ORDER);
    a1.intoMemorySegment(y, yo + VECTOR_BYTES, ORDER);
    b0.intoMemorySegment(y, yo + 2 * VECTOR_BYTES, ORDER);
    b1.intoMemorySegment(y, yo + 3 * VECTOR_BYTES, ORDER);
    c0.intoMemorySegment(y, yo + 4 * VECTOR_BYTES, ORDER);
    c1.intoMemorySegment(y, yo + 5 * VECTOR_BYTES, ORDER);
    d0.intoMemorySegment(y, yo + 6 * VECTOR_BYTES, ORDER);
    d1.intoMemorySegment(y, yo + 7 * VECTOR_BYTES, ORDER);
  }
}
