package io.internvl;

import java.util.List;

/**
 * A finished answer. Immutable.
 *
 * @param text the answer; without reasoning, surrounding white space and special tokens, except
 *     that the grounding tags {@code <ref>} and {@code <box>} are kept
 * @param reasoning what a thinking model wrote between {@code <think>} and {@code </think>}, empty
 *     for others
 * @param finishReason why it ended
 * @param usage token counts
 * @param timings durations
 * @param tokens the answer token by token, without the one that ended the turn; empty unless {@link
 *     GenerationOptions.Builder#logProbabilities} was set
 */
public record Reply(
    String text,
    String reasoning,
    FinishReason finishReason,
    Usage usage,
    Timings timings,
    List<TokenProbability> tokens) {
  /** Copies the tokens. */
  public Reply {
    tokens = List.copyOf(tokens);
  }

  /**
   * Returns the speed of evaluating the prompt.
   *
   * @return new prompt positions per second, 0 when not measurable
   */
  public double prefillTokensPerSecond() {
    return rate(usage.promptTokens(), timings.prefill().toNanos());
  }

  /**
   * Returns the speed of producing the answer.
   *
   * @return answer tokens per second, 0 when not measurable
   */
  public double decodeTokensPerSecond() {
    return rate(usage.completionTokens(), timings.decode().toNanos());
  }

  private static double rate(int tokens, long nanos) {
    return nanos <= 0 ? 0 : tokens * 1e9 / nanos;
  }
}
