package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Products of one token with the rows of a matrix of one tensor type, read once from memory.
 *
 * <p>One row of each stream is taken at a time, so that the memory system sees several sequential
 * streams: one alone leaves a fifth of the bandwidth unused. The arithmetic of a row does not
 * depend on the others.
 */
abstract class GemvKernel {
  /**
   * Derives from the float32 values of a token what this kernel reads. Called before the rows are
   * multiplied, once or more for each token.
   */
  void prepare(TokenInput x) {}

  /** Says whether rows of this length can be multiplied. */
  abstract boolean fits(int cols);

  /**
   * Returns for how many tokens it is fastest to multiply a piece with one after the other, with
   * weights that the first has left in the second-level cache. More go through {@link GemvTile},
   * which decodes weights once for all.
   */
  int mostTokens() {
    return 3;
  }

  /**
   * Multiplies {@link RowShares#UNIT} consecutive rows of each of several streams.
   *
   * @param w encoded weights
   * @param offset where the first row of the first stream starts
   * @param rowBytes size of a row
   * @param apart bytes from one stream to the next
   * @param streams number of streams, 1 to {@link RowShares#STREAMS}
   * @param rowsOfLast rows that the last stream has, 1 to {@link RowShares#UNIT}
   * @param x the token
   * @param cols elements of a row
   * @param mine scratch of the calling worker
   * @param sums receives the product of stream s, row r as element {@code s * UNIT + r}
   * @param to byte offset of the first product
   */
  abstract void multiply(
      MemorySegment w,
      long offset,
      long rowBytes,
      long apart,
      int streams,
      int rowsOfLast,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long to);
}
