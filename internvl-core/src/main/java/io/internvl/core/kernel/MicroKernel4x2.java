package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
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
    FloatVector a00 = FloatVector.zero(FLOATS);
    FloatVector a01 = FloatVector.zero(FLOATS);
    FloatVector a10 = FloatVector.zero(FLOATS);
    FloatVector a11 = FloatVector.zero(FLOATS);
    FloatVector a20 = FloatVector.zero(FLOATS);
    FloatVector a21 = FloatVector.zero(FLOATS);
    FloatVector a30 = FloatVector.zero(FLOATS);
    FloatVector a31 = FloatVector.zero(FLOATS);
    for (int k = 0; k < depth; k += 1) {
      int wk = wo + k;
      long xk = xo + k * (2 * VECTOR_BYTES);
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, xk, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, x, xk + VECTOR_BYTES, ORDER);
      FloatVector b = FloatVector.broadcast(FLOATS, w[wk]);
      a00 = b.fma(x0, a00);
      a01 = b.fma(x1, a01);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE]);
      a10 = b.fma(x0, a10);
      a11 = b.fma(x1, a11);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE]);
      a20 = b.fma(x0, a20);
      a21 = b.fma(x1, a21);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE]);
      a30 = b.fma(x0, a30);
      a31 = b.fma(x1, a31);
    }
    a00.intoMemorySegment(y, yo, ORDER);
    a01.intoMemorySegment(y, yo + VECTOR_BYTES, ORDER);
    a10.intoMemorySegment(y, yo + 2 * VECTOR_BYTES, ORDER);
    a11.intoMemorySegment(y, yo + 3 * VECTOR_BYTES, ORDER);
    a20.intoMemorySegment(y, yo + 4 * VECTOR_BYTES, ORDER);
    a21.intoMemorySegment(y, yo + 5 * VECTOR_BYTES, ORDER);
    a30.intoMemorySegment(y, yo + 6 * VECTOR_BYTES, ORDER);
    a31.intoMemorySegment(y, yo + 7 * VECTOR_BYTES, ORDER);
  }
}
