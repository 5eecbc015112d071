package io.internvl.core.kernel;

import static io.internvl.core.kernel.GemvLoopKernel.SUMS;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;

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
   * @param inputs the tokens, their arrays prepared
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
      TokenInput[] inputs,
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
        for (int token = 0; token < tokens; token += 2) {
          multiply(mine.tile(), count, padded, inputs, token, tokens, col, accumulators);
        }
      }
      for (int token = 0; token < tokens; token++) {
        for (int i = 0; i < count; i++) {
          int at = token * GemvLoopKernel.ALL_SUMS + i * SUMS;
          long target = to + token * tokenBytes + (long) (i * RowShares.UNIT + row) * Float.BYTES;
          sums.set(
              ValueLayout.JAVA_FLOAT, target, VectorSum.at(accumulators, at, GemvLoopKernel.SUMS));
        }
      }
    }
  }

  /** Multiplies the tile with a stretch of the next two tokens, or of the last one. */
  private static void multiply(
      float[] tile,
      int rows,
      int count,
      TokenInput[] inputs,
      int token,
      int tokens,
      int col,
      float[] sums) {
    float[] x = inputs[token].array();
    for (int row = 0; row < rows; row += GROUP) {
      int from = row * STRETCH;
      int at = token * GemvLoopKernel.ALL_SUMS + row * SUMS;
      if (token + 1 < tokens) {
        dots(tile, from, count, x, inputs[token + 1].array(), col, sums, at);
      } else {
        dot(tile, from, count, x, col, sums, at);
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
      float[] tile, int from, int count, float[] x, int col, float[] sums, int at) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, at);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, at + SUMS);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, at + 2 * SUMS);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, at + 3 * SUMS);
    for (int i = 0; i < count; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, col + i);
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

  /** Adds the products of four rows of the tile with a stretch of two tokens. */
  private static void dots(
      float[] tile, int from, int count, float[] x, float[] y, int col, float[] sums, int at) {
    int next = at + GemvLoopKernel.ALL_SUMS;
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, at);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, at + SUMS);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, at + 2 * SUMS);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, at + 3 * SUMS);
    FloatVector b0 = FloatVector.fromArray(FLOATS, sums, next);
    FloatVector b1 = FloatVector.fromArray(FLOATS, sums, next + SUMS);
    FloatVector b2 = FloatVector.fromArray(FLOATS, sums, next + 2 * SUMS);
    FloatVector b3 = FloatVector.fromArray(FLOATS, sums, next + 3 * SUMS);
    for (int i = 0; i < count; i += LANES) {
      FloatVector u = FloatVector.fromArray(FLOATS, x, col + i);
      FloatVector v = FloatVector.fromArray(FLOATS, y, col + i);
      FloatVector w = FloatVector.fromArray(FLOATS, tile, from + i);
      a0 = w.fma(u, a0);
      b0 = w.fma(v, b0);
      w = FloatVector.fromArray(FLOATS, tile, from + i + STRETCH);
      a1 = w.fma(u, a1);
      b1 = w.fma(v, b1);
      w = FloatVector.fromArray(FLOATS, tile, from + i + 2 * STRETCH);
      a2 = w.fma(u, a2);
      b2 = w.fma(v, b2);
      w = FloatVector.fromArray(FLOATS, tile, from + i + 3 * STRETCH);
      a3 = w.fma(u, a3);
      b3 = w.fma(v, b3);
    }
    a0.intoArray(sums, at);
    a1.intoArray(sums, at + SUMS);
    a2.intoArray(sums, at + 2 * SUMS);
    a3.intoArray(sums, at + 3 * SUMS);
    b0.intoArray(sums, next);
    b1.intoArray(sums, next + SUMS);
    b2.intoArray(sums, next + 2 * SUMS);
    b3.intoArray(sums, next + 3 * SUMS);
  }
}
