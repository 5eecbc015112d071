package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of matrix products: a few rows of a weight tile times a panel of activations,
 * {@code c[row][lane] = from[row][lane] + sum over k of w[row][k] x[k][lane]}.
 *
 * <p>A panel holds tokens in its lanes and is one or three vectors wide. A row of the tile starts
 * {@link #TILE_STRIDE} floats after the one before. Every product is one chain of fused
 * multiply-adds over k, so that the result depends neither on the shape of the kernel nor on how
 * the work is cut.
 *
 * <p>The shapes were found by measurement: twelve accumulators hide the latency of a multiply-add,
 * one load of a weight feeds three multiplications, and the stride of the tile is a constant so
 * that row addresses are displacements. A body of eight rows by three vectors is a few per cent
 * faster, but too long for the first-tier compiler ("out of virtual registers"); in some runs its
 * vectors are then boxed and it is sixty times slower. The methods are long because a call inside
 * them would keep the compiler from holding vectors in registers.
 */
final class MicroKernels {
  /** Floats between rows of a weight tile, and the largest depth of one. */
  static final int TILE_STRIDE = 256;

  /** Rows that one call of {@link #multiply} computes. */
  static final int ROWS = 8;

  /** Lanes of a wide panel. */
  static final int WIDE = 3 * LANES;

  /** Lanes of a narrow panel. */
  static final int NARROW = LANES;

  /** The depth of a product is a multiple of this. */
  static final int DEPTH_UNIT = 4;

  private MicroKernels() {}

  /**
   * Multiplies {@link #ROWS} rows of a tile with a panel.
   *
   * @param w weight tile
   * @param wo index of the first weight
   * @param depth number of products in each sum, a multiple of {@link #DEPTH_UNIT}
   * @param x panel (depth, width)
   * @param xo byte offset of the panel
   * @param wide whether the panel is {@link #WIDE} or {@link #NARROW}
   * @param c sums (ROWS, width)
   * @param from byte offset of the sums to start from
   * @param to byte offset of the sums to write
   */
  static void multiply(
      float[] w,
      int wo,
      int depth,
      MemorySegment x,
      long xo,
      boolean wide,
      MemorySegment c,
      long from,
      long to) {
    if (!wide) {
      rows8x1(w, wo, depth, x, xo, c, from, to);
    } else {
      long half = 4L * WIDE * Float.BYTES;
      rows4x3(w, wo, depth, x, xo, c, from, to);
      rows4x3(w, wo + 4 * TILE_STRIDE, depth, x, xo, c, from + half, to + half);
    }
  }

  private static void rows4x3(
      float[] w, int wo, int depth, MemorySegment x, long xo, MemorySegment c, long from, long to) {
    FloatVector a00 = FloatVector.fromMemorySegment(FLOATS, c, from, ORDER);
    FloatVector a01 = FloatVector.fromMemorySegment(FLOATS, c, from + VECTOR_BYTES, ORDER);
    FloatVector a02 = FloatVector.fromMemorySegment(FLOATS, c, from + 2 * VECTOR_BYTES, ORDER);
    FloatVector a10 = FloatVector.fromMemorySegment(FLOATS, c, from + 3 * VECTOR_BYTES, ORDER);
    FloatVector a11 = FloatVector.fromMemorySegment(FLOATS, c, from + 4 * VECTOR_BYTES, ORDER);
    FloatVector a12 = FloatVector.fromMemorySegment(FLOATS, c, from + 5 * VECTOR_BYTES, ORDER);
    FloatVector a20 = FloatVector.fromMemorySegment(FLOATS, c, from + 6 * VECTOR_BYTES, ORDER);
    FloatVector a21 = FloatVector.fromMemorySegment(FLOATS, c, from + 7 * VECTOR_BYTES, ORDER);
    FloatVector a22 = FloatVector.fromMemorySegment(FLOATS, c, from + 8 * VECTOR_BYTES, ORDER);
    FloatVector a30 = FloatVector.fromMemorySegment(FLOATS, c, from + 9 * VECTOR_BYTES, ORDER);
    FloatVector a31 = FloatVector.fromMemorySegment(FLOATS, c, from + 10 * VECTOR_BYTES, ORDER);
    FloatVector a32 = FloatVector.fromMemorySegment(FLOATS, c, from + 11 * VECTOR_BYTES, ORDER);
    for (int k = 0; k < depth; k += 4) {
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
      x0 = FloatVector.fromMemorySegment(FLOATS, x, xk + 6 * VECTOR_BYTES, ORDER);
      x1 = FloatVector.fromMemorySegment(FLOATS, x, xk + 7 * VECTOR_BYTES, ORDER);
      x2 = FloatVector.fromMemorySegment(FLOATS, x, xk + 8 * VECTOR_BYTES, ORDER);
      b = FloatVector.broadcast(FLOATS, w[wk + 2]);
      a00 = b.fma(x0, a00);
      a01 = b.fma(x1, a01);
      a02 = b.fma(x2, a02);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE + 2]);
      a10 = b.fma(x0, a10);
      a11 = b.fma(x1, a11);
      a12 = b.fma(x2, a12);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE + 2]);
      a20 = b.fma(x0, a20);
      a21 = b.fma(x1, a21);
      a22 = b.fma(x2, a22);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE + 2]);
      a30 = b.fma(x0, a30);
      a31 = b.fma(x1, a31);
      a32 = b.fma(x2, a32);
      x0 = FloatVector.fromMemorySegment(FLOATS, x, xk + 9 * VECTOR_BYTES, ORDER);
      x1 = FloatVector.fromMemorySegment(FLOATS, x, xk + 10 * VECTOR_BYTES, ORDER);
      x2 = FloatVector.fromMemorySegment(FLOATS, x, xk + 11 * VECTOR_BYTES, ORDER);
      b = FloatVector.broadcast(FLOATS, w[wk + 3]);
      a00 = b.fma(x0, a00);
      a01 = b.fma(x1, a01);
      a02 = b.fma(x2, a02);
      b = FloatVector.broadcast(FLOATS, w[wk + TILE_STRIDE + 3]);
      a10 = b.fma(x0, a10);
      a11 = b.fma(x1, a11);
      a12 = b.fma(x2, a12);
      b = FloatVector.broadcast(FLOATS, w[wk + 2 * TILE_STRIDE + 3]);
      a20 = b.fma(x0, a20);
      a21 = b.fma(x1, a21);
      a22 = b.fma(x2, a22);
      b = FloatVector.broadcast(FLOATS, w[wk + 3 * TILE_STRIDE + 3]);
      a30 = b.fma(x0, a30);
      a31 = b.fma(x1, a31);
      a32 = b.fma(x2, a32);
    }
    a00.intoMemorySegment(c, to, ORDER);
    a01.intoMemorySegment(c, to + VECTOR_BYTES, ORDER);
    a02.intoMemorySegment(c, to + 2 * VECTOR_BYTES, ORDER);
    a10.intoMemorySegment(c, to + 3 * VECTOR_BYTES, ORDER);
    a11.intoMemorySegment(c, to + 4 * VECTOR_BYTES, ORDER);
    a12.intoMemorySegment(c, to + 5 * VECTOR_BYTES, ORDER);
    a20.intoMemorySegment(c, to + 6 * VECTOR_BYTES, ORDER);
    a21.intoMemorySegment(c, to + 7 * VECTOR_BYTES, ORDER);
    a22.intoMemorySegment(c, to + 8 * VECTOR_BYTES, ORDER);
    a30.intoMemorySegment(c, to + 9 * VECTOR_BYTES, ORDER);
    a31.intoMemorySegment(c, to + 10 * VECTOR_BYTES, ORDER);
    a32.intoMemorySegment(c, to + 11 * VECTOR_BYTES, ORDER);
  }

  private static void rows8x1(
      float[] w, int wo, int depth, MemorySegment x, long xo, MemorySegment c, long from, long to) {
    FloatVector a00 = FloatVector.fromMemorySegment(FLOATS, c, from, ORDER);
    FloatVector a10 = FloatVector.fromMemorySegment(FLOATS, c, from + VECTOR_BYTES, ORDER);
    FloatVector a20 = FloatVector.fromMemorySegment(FLOATS, c, from + 2 * VECTOR_BYTES, ORDER);
    FloatVector a30 = FloatVector.fromMemorySegment(FLOATS, c, from + 3 * VECTOR_BYTES, ORDER);
    FloatVector a40 = FloatVector.fromMemorySegment(FLOATS, c, from + 4 * VECTOR_BYTES, ORDER);
    FloatVector a50 = FloatVector.fromMemorySegment(FLOATS, c, from + 5 * VECTOR_BYTES, ORDER);
    FloatVector a60 = FloatVector.fromMemorySegment(FLOATS, c, from + 6 * VECTOR_BYTES, ORDER);
    FloatVector a70 = FloatVector.fromMemorySegment(FLOATS, c, from + 7 * VECTOR_BYTES, ORDER);
    for (int k = 0; k < depth; k += 2) {
      int wk = wo + k;
      long xk = xo + k * (1 * VECTOR_BYTES);
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
    a00.intoMemorySegment(c, to, ORDER);
    a10.intoMemorySegment(c, to + VECTOR_BYTES, ORDER);
    a20.intoMemorySegment(c, to + 2 * VECTOR_BYTES, ORDER);
    a30.intoMemorySegment(c, to + 3 * VECTOR_BYTES, ORDER);
    a40.intoMemorySegment(c, to + 4 * VECTOR_BYTES, ORDER);
    a50.intoMemorySegment(c, to + 5 * VECTOR_BYTES, ORDER);
    a60.intoMemorySegment(c, to + 6 * VECTOR_BYTES, ORDER);
    a70.intoMemorySegment(c, to + 7 * VECTOR_BYTES, ORDER);
  }
}
