package io.internvl;

import io.internvl.core.chat.Reasoning;
import io.internvl.core.generation.Prompt;

/**
 * A question whose answer is in progress, and what its reply will say.
 *
 * @param question the message
 * @param prompt what was evaluated for it
 * @param cached positions that were in the cache before
 * @param answer the answer
 * @param watch where the time goes
 */
record Turn(Message question, Prompt prompt, int cached, Answer answer, Stopwatch watch) {
  /** Sums up a finished answer. */
  Reply reply() {
    Reasoning parts = Reasoning.split(answer.text());
    Usage usage = new Usage(cached, prompt.length(), prompt.embeddingRows(), answer.produced());
    return new Reply(
        parts.answer(),
        parts.thought(),
        answer.reason(),
        usage,
        watch.timings(),
        answer.probabilities());
  }
}
