package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.VectorSupport.ALLOCATED;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Eight rows of a tile times two vectors: the shape for processors with 32 vector registers. More
 * rows, or more than one product of each sum in the loop, are more than C2 inlines
 * (docs/kernels.md).
 */
final class MicroKernel8x2 {
  private MicroKernel8x2() {}

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
    FloatVector e0 = zero;
    FloatVector e1 = zero;
    FloatVector f0 = zero;
    FloatVector f1 = zero;
    FloatVector g0 = zero;
    FloatVector g1 = zero;
    FloatVector h0 = zero;
    FloatVector h1 = zero;
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
      weight = FloatVector.broadcast(FLOATS, w[wk + 4 * TILE_STRIDE]);
      e0 = weight.fma(x0, e0);
      e1 = weight.fma(x1, e1);
      weight = FloatVector.broadcast(FLOATS, w[wk + 5 * TILE_STRIDE]);
      f0 = weight.fma(x0, f0);
      f1 = weight.fma(x1, f1);
      weight = FloatVector.broadcast(FLOATS, w[wk + 6 * TILE_STRIDE]);
      g0 = weight.fma(x0, g0);
      g1 = weight.fma(x1, g1);
      weight = FloatVector.broadcast(FLOATS, w[wk + 7 * TILE_STRIDE]);
      h0 = weight.fma(x0, h0);
      h1 = weight.fma(x1, h1);
    }
    a0.intoMemorySegment(y, yo, ORDER);
    a1.intoMemorySegment(y, yo + VECTOR_BYTES, ORDER);
    b0.intoMemorySegment(y, yo + 2 * VECTOR_BYTES, ORDER);
    b1.intoMemorySegment(y, yo + 3 * VECTOR_BYTES, ORDER);
    c0.intoMemorySegment(y, yo + 4 * VECTOR_BYTES, ORDER);
    c1.intoMemorySegment(y, yo + 5 * VECTOR_BYTES, ORDER);
    d0.intoMemorySegment(y, yo + 6 * VECTOR_BYTES, ORDER);
    d1.intoMemorySegment(y, yo + 7 * VECTOR_BYTES, ORDER);
    e0.intoMemorySegment(y, yo + 8 * VECTOR_BYTES, ORDER);
    e1.intoMemorySegment(y, yo + 9 * VECTOR_BYTES, ORDER);
    f0.intoMemorySegment(y, yo + 10 * VECTOR_BYTES, ORDER);
    f1.intoMemorySegment(y, yo + 11 * VECTOR_BYTES, ORDER);
    g0.intoMemorySegment(y, yo + 12 * VECTOR_BYTES, ORDER);
    g1.intoMemorySegment(y, yo + 13 * VECTOR_BYTES, ORDER);
    h0.intoMemorySegment(y, yo + 14 * VECTOR_BYTES, ORDER);
    h1.intoMemorySegment(y, yo + 15 * VECTOR_BYTES, ORDER);
  }
}
