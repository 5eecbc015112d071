package io.internvl.core.sampling;

/** Keeps the smallest set of likeliest tokens that reaches a probability mass (Holtzman 2020). */
final class TopP {
  private final float mass;

  TopP(float mass) {
    this.mass = mass;
  }

  void apply(Candidates candidates) {
    if (mass >= 1) {
      return;
    }
    candidates.softmax();
    float sum = 0;
    for (int i = 0; i < candidates.size(); i++) {
      sum += candidates.probability(i);
      if (sum >= mass) {
        candidates.keep(i + 1);
      }
    }
  }
}
