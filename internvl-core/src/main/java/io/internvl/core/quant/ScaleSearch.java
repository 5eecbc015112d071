package io.internvl.core.quant;

/**
 * Finds the scale d of levels {@code d q, q = low .. high} that minimises the weighted squared
 * error of some elements.
 *
 * <p>The error has many local minima, because the codes change with d. Candidates are the scales
 * that bring the largest element near an end of the levels; for the codes that each of them gives,
 * the best scale is {@code sum w x q / sum w q²}. The best one is refined in the same way until it
 * stays. Not thread-safe.
 */
final class ScaleSearch {
  private static final int MAX_REFINEMENTS = 3;

  private final int low;
  private final int top;
  private final int candidates;
  private final float reach;

  private float bestError;
  private float bestScale;

  /**
   * Creates a search.
   *
   * @param low lowest code, negative
   * @param high highest code
   * @param candidates number of scales tried at each end
   * @param reach how far from the last level the largest element may be, in levels
   */
  ScaleSearch(int low, int high, int candidates, float reach) {
    this.low = low;
    this.top = high - low;
    this.candidates = candidates;
    this.reach = reach;
  }

  /** Returns the best scale for elements at .. at + n - 1, 0 when they are (nearly) zero. */
  float search(EncodingBlock block, int at, int n) {
    float largest = 0;
    for (int i = at; i < at + n; i++) {
      float value = block.x[i];
      largest = Math.abs(value) > Math.abs(largest) ? value : largest;
    }
    if (Math.abs(largest) < Halves.MIN / 2) {
      return 0;
    }
    bestError = Float.POSITIVE_INFINITY;
    tryEnd(block, at, n, low / largest, Math.abs(1 / largest));
    if (top + low != -low) {
      tryEnd(block, at, n, (top + low) / largest, Math.abs(1 / largest));
    }
    for (int i = 0; i < MAX_REFINEMENTS; i++) {
      float before = bestError;
      evaluate(block, at, n, 1 / bestScale);
      if (bestError >= before) {
        break;
      }
    }
    return bestScale;
  }

  private void tryEnd(EncodingBlock block, int at, int n, float inverseScale, float level) {
    float step = 2 * reach * level / Math.max(candidates - 1, 1);
    for (int i = 0; i < candidates; i++) {
      float magnitude = Math.abs(inverseScale) - reach * level + i * step;
      evaluate(block, at, n, Math.copySign(magnitude, inverseScale));
    }
  }

  /** Computes the best scale, and its error, of the codes that a candidate gives. */
  private void evaluate(EncodingBlock block, int at, int n, float inverseScale) {
    float scale = 1 / inverseScale;
    float bias = 0.5f - low;
    float sumQq = 0;
    float sumRq = 0;
    float sumRr = 0;
    for (int i = at; i < at + n; i++) {
      float x = block.x[i];
      float w = block.weight[i];
      int q = low + Math.min(Math.max((int) (x * inverseScale + bias), 0), top);
      float rest = x - scale * q;
      float wq = w * q;
      sumQq += wq * q;
      sumRq += wq * rest;
      sumRr += w * rest * rest;
    }
    if (sumQq > 0) {
      float shift = sumRq / sumQq;
      float error = sumRr - shift * sumRq;
      if (error < bestError) {
        bestError = error;
        bestScale = scale + shift;
      }
    }
  }

  /**
   * Chooses the half near a scale that gives the smallest error once codes are chosen anew.
   *
   * @return a half, 0 only when the scale is 0
   */
  float nearestHalf(EncodingBlock block, int at, int n, float scale) {
    float best = 0;
    float smallest = Float.POSITIVE_INFINITY;
    for (int step = -1; step <= 1 && scale != 0; step++) {
      float half = Halves.neighbour(scale, step);
      float error = half == 0 ? smallest : block.error(at, n, half, low * half, top);
      if (error < smallest) {
        smallest = error;
        best = half;
      }
    }
    return best;
  }
}
