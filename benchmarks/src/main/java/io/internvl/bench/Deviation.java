package io.internvl.bench;

import java.util.Locale;

/** How far logits are from exact ones, summed up over positions. */
final class Deviation {
  private double squares; // of differences
  private double spread; // squares of the exact logits around their mean
  private double divergence;
  private int agreed;
  private int positions;

  /**
   * Adds a position.
   *
   * @param exact logits with float32 activations
   * @param other logits to be compared, as many
   */
  void add(float[] exact, float[] other) {
    double mean = 0;
    for (float logit : exact) {
      mean += logit / (double) exact.length;
    }
    double exactNorm = logSumExp(exact);
    double otherNorm = logSumExp(other);
    int exactBest = 0;
    int otherBest = 0;
    for (int i = 0; i < exact.length; i++) {
      double difference = (double) other[i] - exact[i];
      squares += difference * difference;
      spread += (exact[i] - mean) * (exact[i] - mean);
      double logP = exact[i] - exactNorm;
      divergence += Math.exp(logP) * (logP - (other[i] - otherNorm));
      exactBest = exact[i] > exact[exactBest] ? i : exactBest;
      otherBest = other[i] > other[otherBest] ? i : otherBest;
    }
    agreed += exactBest == otherBest ? 1 : 0;
    positions++;
  }

  private static double logSumExp(float[] logits) {
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

  /** Root mean square of the differences, relative to the standard deviation of the logits. */
  double rms() {
    return Math.sqrt(squares / spread);
  }

  /** Kullback-Leibler divergence of the distributions from the exact ones, nats a position. */
  double divergence() {
    return Math.max(0, divergence / positions);
  }

  /** Share of positions where the most probable token is the same. */
  double agreement() {
    return (double) agreed / positions;
  }

  /** A row of a table. */
  String row(String name) {
    return String.format(
        Locale.ROOT,
        "| %s | %.2g | %.2g | %.0f %% |",
        name,
        rms(),
        divergence(),
        100 * agreement());
  }
}
