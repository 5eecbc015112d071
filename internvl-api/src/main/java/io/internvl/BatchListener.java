package io.internvl;

/**
 * Hears of the answers of a batch as they are being produced. Called on the thread of {@link
 * Model#chatBatch(java.util.List, SessionOptions, BatchListener)}, which produces nothing
 * meanwhile; what it throws ends the batch and reaches the caller. Questions are named by their
 * index in the list.
 */
@FunctionalInterface
public interface BatchListener {
  /**
   * Tells of an answer that has ended.
   *
   * @param question index of the question
   * @param reply the whole answer
   */
  void answered(int question, Reply reply);

  /**
   * Tells of more text of an answer: at least one whole character, without the reasoning of a
   * thinking model. Does nothing unless overridden.
   *
   * @param question index of the question
   * @param piece what follows the earlier pieces
   */
  default void text(int question, String piece) {}

  /**
   * Tells of a question that cannot be evaluated, such as one with an unreadable image or more
   * tokens than the context holds. The other questions go on when this returns. Throws the problem
   * unless overridden.
   *
   * @param question index of the question
   * @param problem why
   */
  default void failed(int question, InternVlException problem) {
    throw problem;
  }
}
