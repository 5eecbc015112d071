package io.internvl.core.sampling;

/**
 * Makes tokens that appeared less likely: positive logits are divided by the penalty, others
 * multiplied with it (Keskar et al. 2019).
 */
final class RepetitionPenalty {
  private final float penalty;
  private final boolean[] seen; // (vocabulary)

  RepetitionPenalty(float penalty, int vocabularySize) {
    this.penalty = penalty;
    this.seen = new boolean[penalty == 1 ? 0 : vocabularySize];
  }

  void accept(int token) {
    if (seen.length > 0) {
      seen[token] = true;
    }
  }

  void apply(float[] logits) {
    for (int i = 0; i < seen.length; i++) {
      if (seen[i]) {
        logits[i] = logits[i] > 0 ? logits[i] / penalty : logits[i] * penalty;
      }
    }
  }
}
