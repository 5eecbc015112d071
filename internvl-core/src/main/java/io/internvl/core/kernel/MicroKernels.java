package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of matrix products: a few rows of a weight tile times a panel of activations,
 * {@code y[row][lane] = sum over k of w[row][k] x[k][lane]}.
 *
 * <p>A panel holds tokens in its lanes and is one or two vectors wide. A row of the tile starts
 * {@link #TILE_STRIDE} floats after the one before. Every product is one chain of fused
 * multiply-adds over k, so that the result depends neither on the shape of the kernel nor on how
 * the work is cut.
 *
 * <p>The shapes were found by measurement (docs/kernels.md): one load of a weight feeds two
 * multiplications, sixteen sums hide the latency of a multiply-add, and the stride of the tile is a
 * constant so that row addresses are displacements. The methods are long because a call inside them
 * would keep the compiler from holding vectors in registers; longer ones, with a deeper unrolled
 * loop, are too large for it.
 */
final class MicroKernels {
  /** Largest number of products that one call of {@link #multiply} sums. */
  static final int MAX_DEPTH = 1024;

  /** Floats between rows of a weight tile; no power of two, so that rows differ in cache sets. */
  static final int TILE_STRIDE = MAX_DEPTH + 16;

  /** Rows of a tile come in multiples of this. */
  static final int ROWS = 8;

  /** Vectors of a wide panel. */
  static final int VECTORS = 2;

  /** Lanes of a wide panel. */
  static final int WIDE = VECTORS * LANES;

  /** Size of the sums of one call. */
  static final long SUMS_BYTES = (long) ROWS * WIDE * Float.BYTES;

  /** 256 bits stand for AVX2, which has 16 vector registers instead of 32. */
  private static final boolean FEW_REGISTERS = LANES == 8;

  /** Rows that {@link MicroKernel7x1} or {@link MicroKernel8x1} computes. */
  private static final int NARROW_ROWS = FEW_REGISTERS ? 7 : ROWS;

  private MicroKernels() {}

  /**
   * Multiplies rows of a tile with a panel.
   *
   * @param w weight tile
   * @param rows number of rows, a multiple of {@link #ROWS}
   * @param depth number of products in each sum, at most {@link #MAX_DEPTH}
   * @param x panel (depth, width)
   * @param xo byte offset of the panel
   * @param width lanes of the panel: one or {@link #VECTORS} vectors
   * @param y receives the sums (rows, width)
   * @param yo byte offset of the sums
   */
  static void multiply(
      float[] w,
      int rows,
      int depth,
      MemorySegment x,
      long xo,
      int width,
      MemorySegment y,
      long yo) {
    int step = width == LANES ? NARROW_ROWS : ROWS;
    for (int row = 0; row < rows; row += step) {
      int first = Math.min(row, rows - step); // the last ones may be computed twice
      long to = yo + (long) first * width * Float.BYTES;
      multiplyStep(w, first * TILE_STRIDE, depth, x, xo, width, y, to);
    }
  }

  /**
   * Multiplies rows of a tile with a panel and adds the sums to others.
   *
   * @param w weight tile
   * @param rows number of rows, a multiple of {@link #ROWS}
   * @param depth number of products in each sum, at most {@link #MAX_DEPTH}
   * @param x panel (depth, width)
   * @param xo byte offset of the panel
   * @param width lanes of the panel: one or {@link #VECTORS} vectors
   * @param products room for {@link #SUMS_BYTES} at its begin
   * @param y what is added to (rows, width)
   * @param yo its byte offset
   */
  static void multiplyAndAdd(
      float[] w,
      int rows,
      int depth,
      MemorySegment x,
      long xo,
      int width,
      MemorySegment products,
      MemorySegment y,
      long yo) {
    int step = width == LANES ? NARROW_ROWS : ROWS;
    long rowBytes = (long) width * Float.BYTES;
    for (int row = 0; row < rows; row += step) {
      int first = Math.min(row, rows - step);
      multiplyStep(w, first * TILE_STRIDE, depth, x, xo, width, products, 0);
      long done = (row - first) * rowBytes;
      add(products, done, step * rowBytes, y, yo + first * rowBytes);
    }
  }

  private static void multiplyStep(
      float[] w, int wo, int depth, MemorySegment x, long xo, int width, MemorySegment y, long yo) {
    if (width == LANES && FEW_REGISTERS) {
      MicroKernel7x1.multiply(w, wo, depth, x, xo, y, yo);
    } else if (width == LANES) {
      MicroKernel8x1.multiply(w, wo, depth, x, xo, y, yo);
    } else if (FEW_REGISTERS) {
      MicroKernel4x2.multiply(w, wo, depth, x, xo, y, yo);
      long half = 4L * width * Float.BYTES;
      MicroKernel4x2.multiply(w, wo + 4 * TILE_STRIDE, depth, x, xo, y, yo + half);
    } else {
      MicroKernel8x2.multiply(w, wo, depth, x, xo, y, yo);
    }
  }

  private static void add(MemorySegment x, long begin, long end, MemorySegment y, long yo) {
    for (long at = begin; at < end; at += VECTOR_BYTES) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER)
          .add(a)
          .intoMemorySegment(y, yo + at, ORDER);
    }
  }
}
