package io.internvl.core.kernel;

import static io.internvl.core.kernel.GemvLoopKernel.SUMS;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Products of a few tokens with rows of any tensor type: stretches of a row of each stream are
 * decoded to float32 once and multiplied with every token while they are in the first-level cache.
 */
final class GemvTile {
  private static final int STRETCH = 512;
  private static final int GROUP = 4; // rows whose sums are in registers at a time

  private GemvTile() {}

  /**
   * Multiplies {@link RowShares#UNIT} consecutive rows of each of several streams.
   *
   * @param weight the matrix
   * @param firstRow index of the first row of the first stream
   * @param apart rows from one stream to the next
   * @param streams number of streams
   * @param rowsOfLast rows that the last stream has
   * @param x the tokens
   * @param tokens number of tokens
   * @param mine scratch of the calling worker
   * @param sums receives the products: for each token, stream s, row r at {@code s * UNIT + r}
   * @param to byte offset of the first product
   * @param tokenBytes bytes between the products of two tokens
   */
  static void multiply(
      WeightMatrix weight,
      int firstRow,
      int apart,
      int streams,
      int rowsOfLast,
      TokenInput x,
      int tokens,
      WorkerScratch mine,
      MemorySegment sums,
      long to,
      long tokenBytes) {
    float[] accumulators = mine.lanes(tokens * GemvLoopKernel.ALL_SUMS);
    int cols = weight.cols();
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      Arrays.fill(accumulators, 0, tokens * GemvLoopKernel.ALL_SUMS, 0f);
      for (int col = 0; col < cols; col += STRETCH) {
        int length = Math.min(STRETCH, cols - col);
        decode(weight, firstRow + row, apart, count, col, length, mine.tile());
        int padded = Panels.roundUp(length, LANES);
        for (int token = 0; token < tokens; token++) {
          long xo = token * x.rowBytes() + (long) col * Float.BYTES;
          for (int first = 0; first < count; first += GROUP) {
            int at = token * GemvLoopKernel.ALL_SUMS + first * SUMS;
            dot(mine.tile(), first * STRETCH, padded, x.floats(), xo, accumulators, at);
          }
        }
      }
      for (int token = 0; token < tokens; token++) {
        for (int i = 0; i < count; i++) {
          int at = token * GemvLoopKernel.ALL_SUMS + i * SUMS;
          long target = to + token * tokenBytes + (long) (i * RowShares.UNIT + row) * Float.BYTES;
          sums.set(ValueLayout.JAVA_FLOAT, target, VectorSum.at(accumulators, at));
        }
      }
    }
  }

  /** Decodes a stretch of a row of each stream, zeros behind it up to a whole vector. */
  private static void decode(
      WeightMatrix weight, int firstRow, int apart, int streams, int col, int count, float[] tile) {
    for (int i = 0; i < streams; i++) {
      int to = i * STRETCH;
      RowCodec.decode(weight, firstRow + i * apart, col, count, tile, to);
      for (int j = count; j < Panels.roundUp(count, LANES); j++) {
        tile[to + j] = 0;
      }
    }
  }

  /** Adds the products of four rows of the tile with a stretch of a token. */
  private static void dot(
      float[] tile, int from, int count, MemorySegment x, long xo, float[] sums, int at) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, at);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, at + SUMS);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, at + 2 * SUMS);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, at + 3 * SUMS);
    for (int i = 0; i < count; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, x, xo + 4L * i, ORDER);
      a0 = FloatVector.fromArray(FLOATS, tile, from + i).fma(v, a0);
      a1 = FloatVector.fromArray(FLOATS, tile, from + i + STRETCH).fma(v, a1);
      a2 = FloatVector.fromArray(FLOATS, tile, from + i + 2 * STRETCH).fma(v, a2);
      a3 = FloatVector.fromArray(FLOATS, tile, from + i + 3 * STRETCH).fma(v, a3);
    }
    a0.intoArray(sums, at);
    a1.intoArray(sums, at + SUMS);
    a2.intoArray(sums, at + 2 * SUMS);
    a3.intoArray(sums, at + 3 * SUMS);
  }
}
