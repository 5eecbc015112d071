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

  /** Rows that one call of {@link #multiply} computes. */
  static final int ROWS = 8;

  /** Vectors of a wide panel. */
  static final int VECTORS = 2;

  /** Lanes of a wide panel. */
  static final int WIDE = VECTORS * LANES;

  /** Size of the sums of one call. */
  static final long SUMS_BYTES = (long) ROWS * WIDE * Float.BYTES;

  /** 256 bits stand for AVX2, which has 16 vector registers instead of 32. */
  private static final boolean FEW_REGISTERS = LANES == 8;

  /**
   * Lanes of the narrowest panel. {@link MicroKernel8x1} needs more than 16 registers: it is slower
   * than a wide panel with a half of zeros.
   */
  static final int NARROW = FEW_REGISTERS ? WIDE : LANES;

  private MicroKernels() {}

  /**
   * Multiplies {@link #ROWS} rows of a tile with a panel.
   *
   * @param w weight tile
   * @param wo index of the first weight
   * @param depth number of products in each sum, at most {@link #MAX_DEPTH}
   * @param x panel (depth, width)
   * @param xo byte offset of the panel
   * @param width lanes of the panel: one or {@link #VECTORS} vectors
   * @param y receives the sums (ROWS, width)
   * @param yo byte offset of the sums
   */
  static void multiply(
      float[] w, int wo, int depth, MemorySegment x, long xo, int width, MemorySegment y, long yo) {
    if (width == LANES) {
      MicroKernel8x1.multiply(w, wo, depth, x, xo, y, yo);
    } else if (FEW_REGISTERS) {
      MicroKernel4x2.multiply(w, wo, depth, x, xo, y, yo);
      long half = 4L * width * Float.BYTES;
      MicroKernel4x2.multiply(w, wo + 4 * TILE_STRIDE, depth, x, xo, y, yo + half);
    } else {
      MicroKernel8x2.multiply(w, wo, depth, x, xo, y, yo);
    }
  }

  /**
   * Adds sums to others.
   *
   * @param x sums of one call (ROWS, width)
   * @param xo their byte offset
   * @param width lanes
   * @param y what is added to
   * @param yo its byte offset
   */
  static void add(MemorySegment x, long xo, int width, MemorySegment y, long yo) {
    long bytes = (long) ROWS * width * Float.BYTES;
    for (long at = 0; at < bytes; at += VECTOR_BYTES) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, xo + at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER)
          .add(a)
          .intoMemorySegment(y, yo + at, ORDER);
    }
  }
}
