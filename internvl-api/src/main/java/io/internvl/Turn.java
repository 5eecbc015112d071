package io.internvl;

import io.internvl.core.chat.Reasoning;

/**
 * A question whose answer is in progress, and what its reply will say.
 *
 * @param question the message
 * @param cached positions that were in the cache before
 * @param evaluated positions that were evaluated for it
 * @param imageRows how many of those are image embeddings
 * @param answer the answer
 * @param watch where the time goes
 */
record Turn(
    Message question, int cached, int evaluated, int imageRows, Answer answer, Stopwatch watch) {
  /** Sums up a finished answer. */
  Reply reply() {
    Reasoning parts = Reasoning.split(answer.text());
    Usage usage = new Usage(cached, evaluated, imageRows, answer.produced());
    return new Reply(
        parts.answer(),
        parts.thought(),
        answer.reason(),
        usage,
        watch.timings(),
        answer.probabilities());
  }
}
