package io.internvl;

import io.internvl.core.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/** Notes how likely each token of an answer was. */
final class ProbabilityRecorder {
  private final Tokenizer tokenizer;
  private final int alternatives;
  private final List<TokenProbability> tokens = new ArrayList<>();
  private final float[] logits;

  /** Records nothing when alternatives is negative. */
  ProbabilityRecorder(Tokenizer tokenizer, int alternatives, int vocabularySize) {
    this.tokenizer = tokenizer;
    this.alternatives = alternatives;
    this.logits = new float[alternatives < 0 ? 0 : vocabularySize];
  }

  /** Takes the logits of the next token as the model gave them. */
  void observe(float[] modelLogits) {
    System.arraycopy(modelLogits, 0, logits, 0, logits.length);
  }

  /** Notes which token was chosen. */
  void choose(int token) {
    if (alternatives < 0) {
      return;
    }
    double logSum = logSumOfExponentials();
    List<TokenProbability> likeliest = new ArrayList<>(alternatives);
    for (int id : likeliest()) {
      likeliest.add(entry(id, logSum, List.of()));
    }
    tokens.add(entry(token, logSum, likeliest));
  }

  private TokenProbability entry(int id, double logSum, List<TokenProbability> others) {
    String text = tokenizer.isControl(id) ? tokenizer.textOf(id) : tokenizer.decode(new int[] {id});
    return new TokenProbability(id, text, logits[id] - logSum, others);
  }

  private double logSumOfExponentials() {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }

  private List<Integer> likeliest() {
    PriorityQueue<Integer> kept =
        new PriorityQueue<>((a, b) -> Float.compare(logits[a], logits[b]));
    for (int id = 0; id < logits.length && alternatives > 0; id++) {
      if (kept.size() < alternatives) {
        kept.add(id);
      } else if (logits[id] > logits[kept.element()]) {
        kept.remove();
        kept.add(id);
      }
    }
    List<Integer> ids = new ArrayList<>(kept);
    ids.sort((a, b) -> Float.compare(logits[b], logits[a]));
    return ids;
  }

  List<TokenProbability> tokens() {
    return List.copyOf(tokens);
  }
}
