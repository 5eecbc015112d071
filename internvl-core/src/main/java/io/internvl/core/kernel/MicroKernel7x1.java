package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.VectorSupport.ALLOCATED;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Seven rows of a tile times one vector, for processors with 16 vector registers: the last tokens
 * of a prompt, or few tokens. With an eighth row the compiler, which loads all weights first,
 * spills.
 */
final class MicroKernel7x1 {
  private MicroKernel7x1() {}

  static void multiply(
      float[] w, int wo, int depth, MemorySegment x, long xo, MemorySegment y, long yo) {
    if (x.getClass() != ALLOCATED || y.getClass() != ALLOCATED) {
      throw new IllegalArgumentException(x + ", " + y);
    }
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = zero;
    FloatVector b0 = zero;
    FloatVector c0 = zero;
    FloatVector d0 = zero;
    FloatVector e0 = zero;
    FloatVector f0 = zero;
    FloatVector g0 = zero;
    for (int k = 0; k < depth; k++) {
      int wk = wo + k;
      long xk = xo + k * VECTOR_BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, xk, ORDER);
      FloatVector weight = FloatVector.broadcast(FLOATS, w[wk]);
      a0 = weight.fma(x0, a0);
      weight = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE]);
      b0 = weight.fma(x0, b0);
      weight = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE]);
      c0 = weight.fma(x0, c0);
      weight = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE]);
      d0 = weight.fma(x0, d0);
      weight = FloatVector.broadcast(FLOATS, w[wk + 4 * TILE_STRIDE]);
      e0 = weight.fma(x0, e0);
      weight = FloatVector.broadcast(FLOATS, w[wk + 5 * TILE_STRIDE]);
      f0 = weight.fma(x0, f0);
      weight = FloatVector.broadcast(FLOATS, w[wk + 6 * TILE_STRIDE]);
      g0 = weight.fma(x0, g0);
    }
    a0.intoMemorySegment(y, yo, ORDER);
    b0.intoMemorySegment(y, yo + VECTOR_BYTES, ORDER);
    c0.intoMemorySegment(y, yo + 2 * VECTOR_BYTES, ORDER);
    d0.intoMemorySegment(y, yo + 3 * VECTOR_BYTES, ORDER);
    e0.intoMemorySegment(y, yo + 4 * VECTOR_BYTES, ORDER);
    f0.intoMemorySegment(y, yo + 5 * VECTOR_BYTES, ORDER);
    g0.intoMemorySegment(y, yo + 6 * VECTOR_BYTES, ORDER);
  }
}
