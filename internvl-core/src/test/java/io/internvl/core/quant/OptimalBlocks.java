package io.internvl.core.quant;

import io.internvl.gguf.TensorType;

/**
 * The smallest squared error that a format allows, by trying scales (and minima) on a fine grid for
 * every sub-block.
 */
final class OptimalBlocks {
  private static final double SCALE_STEP = 1.0004;
  private static final int GRID = 40; // points inside each end of the range
  private static final int OUTSIDE = 4; // points beyond it
  private static final double REACH = 0.2; // share of the range that the points inside cover

  private OptimalBlocks() {}

  static double squaredError(TensorType type, float[] x) {
    int size = type == TensorType.Q6_K ? 16 : 32;
    double sum = 0;
    for (int at = 0; at < x.length; at += size) {
      sum +=
          switch (type) {
            case Q8_0 -> scaled(x, at, size, -127, 127);
            case Q4_0 -> scaled(x, at, size, -8, 7);
            case Q5_0 -> scaled(x, at, size, -16, 15);
            case Q6_K -> scaled(x, at, size, -32, 31);
            case Q4_1 -> affine(x, at, size, 15, false);
            case Q5_1 -> affine(x, at, size, 31, false);
            case Q4_K -> affine(x, at, size, 15, true);
            case Q5_K -> affine(x, at, size, 31, true);
            default -> throw new AssertionError(type);
          };
    }
    return sum;
  }

  /** Levels d q with any d, of either sign. */
  private static double scaled(float[] x, int at, int n, int low, int high) {
    float largest = 0;
    for (int i = at; i < at + n; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    double best = Double.POSITIVE_INFINITY;
    for (double share = 0.5; share < 1.3; share *= SCALE_STEP) {
      for (int sign = -1; sign <= 1; sign += 2) {
        double d = sign * share * largest / high;
        double error = 0;
        for (int i = at; i < at + n && error < best; i++) {
          double rest = x[i] - d * Math.clamp(Math.round(x[i] / d), low, high);
          error += rest * rest;
        }
        best = Math.min(best, error);
      }
    }
    return best;
  }

  /** Levels m + d q with any d and m, the latter not positive if so wanted. */
  private static double affine(float[] x, int at, int n, int top, boolean negative) {
    float min = negative ? 0 : x[at];
    float max = x[at];
    for (int i = at; i < at + n; i++) {
      min = Math.min(min, x[i]);
      max = Math.max(max, x[i]);
    }
    double step = (max - min) * REACH / GRID;
    double best = Double.POSITIVE_INFINITY;
    for (int low = -OUTSIDE; low < GRID; low++) {
      for (int high = -OUTSIDE; high < GRID; high++) {
        double m = negative ? Math.min(min + low * step, 0) : min + low * step;
        double d = (max - high * step - m) / top;
        best = Math.min(best, fitted(x, at, n, top, m, d, negative));
      }
    }
    return best;
  }

  /** The error of the best d and m for the codes that other ones give. */
  private static double fitted(
      float[] x, int at, int n, int top, double m, double d, boolean negative) {
    double q1 = 0;
    double q2 = 0;
    double x1 = 0;
    double xq = 0;
    double x2 = 0;
    for (int i = at; i < at + n; i++) {
      long q = Math.clamp(Math.round((x[i] - m) / d), 0, top);
      q1 += q;
      q2 += q * q;
      x1 += x[i];
      xq += (double) x[i] * q;
      x2 += (double) x[i] * x[i];
    }
    double determinant = q2 * n - q1 * q1;
    double bestM = (x1 * q2 - xq * q1) / determinant;
    double bestD = (xq * n - x1 * q1) / determinant;
    if (negative && bestM > 0) {
      bestM = 0;
      bestD = xq / q2;
    }
    return x2
        - 2 * bestD * xq
        - 2 * bestM * x1
        + bestD * bestD * q2
        + 2 * bestD * bestM * q1
        + bestM * bestM * n;
  }
}
