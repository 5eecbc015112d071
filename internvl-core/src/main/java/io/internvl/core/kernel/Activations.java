package io.internvl.core.kernel;

/** Definitions of the activation functions, in double precision. */
final class Activations {
  private static final double SERIES_LIMIT = 3;

  private Activations() {}

  /** Gaussian error linear unit, x times the normal distribution function. */
  static double gelu(double x) {
    return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
  }

  static double gated(GateActivation activation, double gate, double up) {
    return switch (activation) {
      case SILU -> gate / (1 + Math.exp(-gate)) * up;
      case CLAMPED_SWIGLU -> {
        double g = Math.min(gate, 7);
        double u = Math.clamp(up, -7, 7);
        yield g / (1 + Math.exp(-1.702 * g)) * (u + 1);
      }
    };
  }

  /** Error function: Maclaurin series near zero, continued fraction (DLMF 7.9.1) in the tails. */
  static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude > SERIES_LIMIT) {
      double fraction = magnitude;
      for (int k = 60; k > 0; k--) {
        fraction = magnitude + k / (2 * fraction);
      }
      double complement = Math.exp(-x * x) / (fraction * Math.sqrt(Math.PI));
      return Math.signum(x) * (1 - complement);
    }
    double sum = x;
    double power = x;
    for (int k = 1; k < 60; k++) {
      power *= -x * x / k;
      sum += power / (2 * k + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
