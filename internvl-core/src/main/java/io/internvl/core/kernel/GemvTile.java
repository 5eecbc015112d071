package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of a few tokens with rows of any tensor type: stretches of four rows are decoded to
 * float32 once and multiplied with every token while they are in the first-level cache.
 */
final class GemvTile {
  private static final int ROWS = 4;
  private static final int STRETCH = 1024;

  private GemvTile() {}

  /**
   * Multiplies consecutive rows.
   *
   * @param weight the matrix
   * @param firstRow index of the first row
   * @param rows number of rows
   * @param x the tokens
   * @param tokens number of tokens
   * @param mine scratch of the calling worker
   * @param sums receives the products (tokens, stride)
   * @param to byte offset of the first product
   * @param stride bytes between the products of two tokens
   */
  static void multiply(
      WeightMatrix weight,
      int firstRow,
      int rows,
      TokenInput x,
      int tokens,
      WorkerScratch mine,
      MemorySegment sums,
      long to,
      long stride) {
    long accumulatorBytes = ROWS * VECTOR_BYTES; // of one token
    MemorySegment accumulators = mine.staging.atLeast(tokens * accumulatorBytes);
    int cols = weight.cols();
    for (int row = 0; row < rows; row += ROWS) {
      clear(accumulators, tokens * accumulatorBytes);
      for (int col = 0; col < cols; col += STRETCH) {
        int count = Math.min(STRETCH, cols - col);
        decode(weight, firstRow + row, Math.min(ROWS, rows - row), col, count, mine.tile());
        int padded = Panels.roundUp(count, LANES);
        for (int token = 0; token < tokens; token++) {
          long xo = token * x.rowBytes() + (long) col * Float.BYTES;
          long at = token * accumulatorBytes;
          dot(mine.tile(), padded, x.floats(), xo, accumulators, at);
        }
      }
      for (int token = 0; token < tokens; token++) {
        for (int i = 0; i < ROWS && row + i < rows; i++) {
          long at = token * accumulatorBytes + i * VECTOR_BYTES;
          long target = to + token * stride + (long) (row + i) * Float.BYTES;
          sums.set(ValueLayout.JAVA_FLOAT, target, sum(accumulators, at));
        }
      }
    }
  }

  private static void clear(MemorySegment x, long bytes) {
    FloatVector zero = FloatVector.zero(FLOATS);
    for (long at = 0; at < bytes; at += VECTOR_BYTES) {
      zero.intoMemorySegment(x, at, ORDER);
    }
  }

  private static float sum(MemorySegment x, long at) {
    return FloatVector.fromMemorySegment(FLOATS, x, at, ORDER).reduceLanes(VectorOperators.ADD);
  }

  /** Decodes a stretch of a few rows, zeros behind it up to a whole vector. */
  private static void decode(
      WeightMatrix weight, int firstRow, int rows, int col, int count, float[] tile) {
    for (int i = 0; i < rows; i++) {
      int to = i * STRETCH;
      RowCodec.decode(weight, firstRow + i, col, count, tile, to);
      for (int j = count; j < Panels.roundUp(count, LANES); j++) {
        tile[to + j] = 0;
      }
    }
  }

  private static void dot(
      float[] tile, int count, MemorySegment x, long xo, MemorySegment sums, long at) {
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, sums, at, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, sums, at + VECTOR_BYTES, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, sums, at + 2 * VECTOR_BYTES, ORDER);
    FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, sums, at + 3 * VECTOR_BYTES, ORDER);
    for (int i = 0; i < count; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, x, xo + 4L * i, ORDER);
      a0 = FloatVector.fromArray(FLOATS, tile, i).fma(v, a0);
      a1 = FloatVector.fromArray(FLOATS, tile, i + STRETCH).fma(v, a1);
      a2 = FloatVector.fromArray(FLOATS, tile, i + 2 * STRETCH).fma(v, a2);
      a3 = FloatVector.fromArray(FLOATS, tile, i + 3 * STRETCH).fma(v, a3);
    }
    a0.intoMemorySegment(sums, at, ORDER);
    a1.intoMemorySegment(sums, at + VECTOR_BYTES, ORDER);
    a2.intoMemorySegment(sums, at + 2 * VECTOR_BYTES, ORDER);
    a3.intoMemorySegment(sums, at + 3 * VECTOR_BYTES, ORDER);
  }
}
