package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Eight rows of a tile times three vectors: the shape for processors with 32 vector registers. 24
 * sums, three vectors of the panel and a weight stay in registers. The sums start at zero and are
 * not added to memory here, because a body with as many loads again is too long for the first-tier
 * compiler ("out of virtual registers"), and its vectors may then be boxed.
 */
final class MicroKernel8x3 {
  private MicroKernel8x3() {}

  static void multiply(
      float[] w, int wo, int depth, MemorySegment x, long xo, MemorySegment y, long yo) {
    FloatVector a00 = FloatVector.zero(FLOATS);
    FloatVector a01 = FloatVector.zero(FLOATS);
    FloatVector a02 = FloatVector.zero(FLOATS);
    FloatVector a10 = FloatVector.zero(FLOATS);
    FloatVector a11 = FloatVector.zero(FLOATS);
    FloatVector a12 = FloatVector.zero(FLOATS);
    FloatVector a20 = FloatVector.zero(FLOATS);
    FloatVector a21 = FloatVector.zero(FLOATS);
    FloatVector a22 = FloatVector.zero(FLOATS);
    FloatVector a30 = FloatVector.zero(FLOATS);
    FloatVector a31 = FloatVector.zero(FLOATS);
    FloatVector a32 = FloatVector.zero(FLOATS);
    FloatVector a40 = FloatVector.zero(FLOATS);
    FloatVector a41 = FloatVector.zero(FLOATS);
    FloatVector a42 = FloatVector.zero(FLOATS);
    FloatVector a50 = FloatVector.zero(FLOATS);
    FloatVector a51 = FloatVector.zero(FLOATS);
    FloatVector a52 = FloatVector.zero(FLOATS);
    FloatVector a60 = FloatVector.zero(FLOATS);
    FloatVector a61 = FloatVector.zero(FLOATS);
    FloatVector a62 = FloatVector.zero(FLOATS);
    FloatVector a70 = FloatVector.zero(FLOATS);
    FloatVector a71 = FloatVector.zero(FLOATS);
    FloatVector a72 = FloatVector.zero(FLOATS);
    for (int k = 0; k < depth; k += 2) {
      int wk = wo + k;
      long xk = xo + k * (3 * VECTOR_BYTES);
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, xk, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, x, xk + VECTOR_BYTES, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, x, xk + 2 * VECTOR_BYTES, ORDER);
      FloatVector b = FloatVector.broadcast(FLOATS, w[wk]);
      a00 = b.fma(x0, a00);
      a01 = b.fma(x1, a01);
      a02 = b.fma(x2, a02);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE]);
      a10 = b.fma(x0, a10);
      a11 = b.fma(x1, a11);
      a12 = b.fma(x2, a12);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE]);
      a20 = b.fma(x0, a20);
      a21 = b.fma(x1, a21);
      a22 = b.fma(x2, a22);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE]);
      a30 = b.fma(x0, a30);
      a31 = b.fma(x1, a31);
      a32 = b.fma(x2, a32);
      b = FloatVector.broadcast(FLOATS, w[wk + 4 * TILE_STRIDE]);
      a40 = b.fma(x0, a40);
      a41 = b.fma(x1, a41);
      a42 = b.fma(x2, a42);
      b = FloatVector.broadcast(FLOATS, w[wk + 5 * TILE_STRIDE]);
      a50 = b.fma(x0, a50);
      a51 = b.fma(x1, a51);
      a52 = b.fma(x2, a52);
      b = FloatVector.broadcast(FLOATS, w[wk + 6 * TILE_STRIDE]);
      a60 = b.fma(x0, a60);
      a61 = b.fma(x1, a61);
      a62 = b.fma(x2, a62);
      b = FloatVector.broadcast(FLOATS, w[wk + 7 * TILE_STRIDE]);
      a70 = b.fma(x0, a70);
      a71 = b.fma(x1, a71);
      a72 = b.fma(x2, a72);
      x0 = FloatVector.fromMemorySegment(FLOATS, x, xk + 3 * VECTOR_BYTES, ORDER);
      x1 = FloatVector.fromMemorySegment(FLOATS, x, xk + 4 * VECTOR_BYTES, ORDER);
      x2 = FloatVector.fromMemorySegment(FLOATS, x, xk + 5 * VECTOR_BYTES, ORDER);
      b = FloatVector.broadcast(FLOATS, w[wk + 1]);
      a00 = b.fma(x0, a00);
      a01 = b.fma(x1, a01);
      a02 = b.fma(x2, a02);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE + 1]);
      a10 = b.fma(x0, a10);
      a11 = b.fma(x1, a11);
      a12 = b.fma(x2, a12);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE + 1]);
      a20 = b.fma(x0, a20);
      a21 = b.fma(x1, a21);
      a22 = b.fma(x2, a22);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE + 1]);
      a30 = b.fma(x0, a30);
      a31 = b.fma(x1, a31);
      a32 = b.fma(x2, a32);
      b = FloatVector.broadcast(FLOATS, w[wk + 4 * TILE_STRIDE + 1]);
      a40 = b.fma(x0, a40);
      a41 = b.fma(x1, a41);
      a42 = b.fma(x2, a42);
      b = FloatVector.broadcast(FLOATS, w[wk + 5 * TILE_STRIDE + 1]);
      a50 = b.fma(x0, a50);
      a51 = b.fma(x1, a51);
      a52 = b.fma(x2, a52);
      b = FloatVector.broadcast(FLOATS, w[wk + 6 * TILE_STRIDE + 1]);
      a60 = b.fma(x0, a60);
      a61 = b.fma(x1, a61);
      a62 = b.fma(x2, a62);
      b = FloatVector.broadcast(FLOATS, w[wk + 7 * TILE_STRIDE + 1]);
      a70 = b.fma(x0, a70);
      a71 = b.fma(x1, a71);
      a72 = b.fma(x2, a72);
    }
    a00.intoMemorySegment(y, yo, ORDER);
    a01.intoMemorySegment(y, yo + VECTOR_BYTES, ORDER);
    a02.intoMemorySegment(y, yo + 2 * VECTOR_BYTES, ORDER);
    a10.intoMemorySegment(y, yo + 3 * VECTOR_BYTES, ORDER);
    a11.intoMemorySegment(y, yo + 4 * VECTOR_BYTES, ORDER);
    a12.intoMemorySegment(y, yo + 5 * VECTOR_BYTES, ORDER);
    a20.intoMemorySegment(y, yo + 6 * VECTOR_BYTES, ORDER);
    a21.intoMemorySegment(y, yo + 7 * VECTOR_BYTES, ORDER);
    a22.intoMemorySegment(y, yo + 8 * VECTOR_BYTES, ORDER);
    a30.intoMemorySegment(y, yo + 9 * VECTOR_BYTES, ORDER);
    a31.intoMemorySegment(y, yo + 10 * VECTOR_BYTES, ORDER);
    a32.intoMemorySegment(y, yo + 11 * VECTOR_BYTES, ORDER);
    a40.intoMemorySegment(y, yo + 12 * VECTOR_BYTES, ORDER);
    a41.intoMemorySegment(y, yo + 13 * VECTOR_BYTES, ORDER);
    a42.intoMemorySegment(y, yo + 14 * VECTOR_BYTES, ORDER);
    a50.intoMemorySegment(y, yo + 15 * VECTOR_BYTES, ORDER);
    a51.intoMemorySegment(y, yo + 16 * VECTOR_BYTES, ORDER);
    a52.intoMemorySegment(y, yo + 17 * VECTOR_BYTES, ORDER);
    a60.intoMemorySegment(y, yo + 18 * VECTOR_BYTES, ORDER);
    a61.intoMemorySegment(y, yo + 19 * VECTOR_BYTES, ORDER);
    a62.intoMemorySegment(y, yo + 20 * VECTOR_BYTES, ORDER);
    a70.intoMemorySegment(y, yo + 21 * VECTOR_BYTES, ORDER);
    a71.intoMemorySegment(y, yo + 22 * VECTOR_BYTES, ORDER);
    a72.intoMemorySegment(y, yo + 23 * VECTOR_BYTES, ORDER);
  }
}
