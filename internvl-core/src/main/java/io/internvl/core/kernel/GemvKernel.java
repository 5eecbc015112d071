package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Products of one token with the rows of a matrix of one tensor type, read once from memory.
 *
 * <p>Rows are taken in groups whose members lie far apart, so that the memory system sees several
 * sequential streams: one stream alone leaves a fifth of the bandwidth unused. The arithmetic of a
 * row does not depend on its group.
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
   * Multiplies consecutive rows.
   *
   * @param w encoded weights
   * @param offset where the first row starts
   * @param rowBytes size of a row
   * @param rows number of rows
   * @param x the token
   * @param cols elements of a row
   * @param mine scratch of the calling worker
   * @param sums receives the products, one float a row
   * @param to byte offset of the first product
   */
  abstract void multiply(
      MemorySegment w,
      long offset,
      long rowBytes,
      int rows,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long to);
}
