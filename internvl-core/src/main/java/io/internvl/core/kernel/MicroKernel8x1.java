package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Eight rows of a tile times one vector: the last tokens of a prompt, or few tokens. */
final class MicroKernel8x1 {
  private MicroKernel8x1() {}

  static void multiply(
      float[] w, int wo, int depth, MemorySegment x, long xo, MemorySegment y, long yo) {
    FloatVector a00 = FloatVector.zero(FLOATS);
    FloatVector a10 = FloatVector.zero(FLOATS);
    FloatVector a20 = FloatVector.zero(FLOATS);
    FloatVector a30 = FloatVector.zero(FLOATS);
    FloatVector a40 = FloatVector.zero(FLOATS);
    FloatVector a50 = FloatVector.zero(FLOATS);
    FloatVector a60 = FloatVector.zero(FLOATS);
    FloatVector a70 = FloatVector.zero(FLOATS);
    for (int k = 0; k < depth; k += 2) {
      int wk = wo + k;
      long xk = xo + k * VECTOR_BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, xk, ORDER);
      FloatVector b = FloatVector.broadcast(FLOATS, w[wk]);
      a00 = b.fma(x0, a00);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE]);
      a10 = b.fma(x0, a10);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE]);
      a20 = b.fma(x0, a20);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE]);
      a30 = b.fma(x0, a30);
      b = FloatVector.broadcast(FLOATS, w[wk + 4 * TILE_STRIDE]);
      a40 = b.fma(x0, a40);
      b = FloatVector.broadcast(FLOATS, w[wk + 5 * TILE_STRIDE]);
      a50 = b.fma(x0, a50);
      b = FloatVector.broadcast(FLOATS, w[wk + 6 * TILE_STRIDE]);
      a60 = b.fma(x0, a60);
      b = FloatVector.broadcast(FLOATS, w[wk + 7 * TILE_STRIDE]);
      a70 = b.fma(x0, a70);
      x0 = FloatVector.fromMemorySegment(FLOATS, x, xk + VECTOR_BYTES, ORDER);
      b = FloatVector.broadcast(FLOATS, w[wk + 1]);
      a00 = b.fma(x0, a00);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE + 1]);
      a10 = b.fma(x0, a10);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE + 1]);
      a20 = b.fma(x0, a20);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE + 1]);
      a30 = b.fma(x0, a30);
      b = FloatVector.broadcast(FLOATS, w[wk + 4 * TILE_STRIDE + 1]);
      a40 = b.fma(x0, a40);
      b = FloatVector.broadcast(FLOATS, w[wk + 5 * TILE_STRIDE + 1]);
      a50 = b.fma(x0, a50);
      b = FloatVector.broadcast(FLOATS, w[wk + 6 * TILE_STRIDE + 1]);
      a60 = b.fma(x0, a60);
      b = FloatVector.broadcast(FLOATS, w[wk + 7 * TILE_STRIDE + 1]);
      a70 = b.fma(x0, a70);
    }
    a00.intoMemorySegment(y, yo, ORDER);
    a10.intoMemorySegment(y, yo + VECTOR_BYTES, ORDER);
    a20.intoMemorySegment(y, yo + 2 * VECTOR_BYTES, ORDER);
    a30.intoMemorySegment(y, yo + 3 * VECTOR_BYTES, ORDER);
    a40.intoMemorySegment(y, yo + 4 * VECTOR_BYTES, ORDER);
    a50.intoMemorySegment(y, yo + 5 * VECTOR_BYTES, ORDER);
    a60.intoMemorySegment(y, yo + 6 * VECTOR_BYTES, ORDER);
    a70.intoMemorySegment(y, yo + 7 * VECTOR_BYTES, ORDER);
  }
}
