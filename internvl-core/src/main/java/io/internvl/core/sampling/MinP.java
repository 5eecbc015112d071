package io.internvl.core.sampling;

/** Drops tokens whose probability is below a fraction of the likeliest one's (Nguyen 2024). */
final class MinP {
  private final double logFraction;

  MinP(float fraction) {
    this.logFraction = Math.log(fraction);
  }

  void apply(Candidates candidates) {
    double least = candidates.logit(0) + logFraction;
    int kept = 1;
    while (kept < candidates.size() && candidates.logit(kept) >= least) {
      kept++;
    }
    candidates.keep(kept);
  }
}
