package io.internvl;

/** Why an answer ended. */
public enum FinishReason {
  /** The model ended its turn. */
  END_OF_TURN,
  /** A stop string of the options appeared. */
  STOP_STRING,
  /** The options' largest number of tokens was reached. */
  MAX_TOKENS,
  /** The model repeated itself more often than the options allow. */
  REPETITION,
  /** The session's context is full. */
  CONTEXT_FULL,
  /** The stream was cancelled or closed before the end. */
  CANCELLED
}
