package io.internvl.core.quant;

/**
 * Finds scale d and offset m of levels {@code m + d q, q = 0 .. top} that minimise the weighted
 * squared error of some elements.
 *
 * <p>Candidates are ranges from a little inside the smallest to a little inside the largest
 * element: clipping these makes the steps of all others finer. For the codes that a candidate
 * gives, the best scale and offset solve a linear system of two equations. The best ones are
 * refined in the same way until they stay. Not thread-safe.
 */
final class AffineSearch {
  private static final int MAX_REFINEMENTS = 3;

  private final int top;
  private final boolean negativeOffset;
  private final int candidates;
  private final float reach;

  private double bestError;
  private float bestScale;
  private float bestOffset;

  /**
   * Creates a search.
   *
   * @param top highest code
   * @param negativeOffset true when the format knows no offset above 0
   * @param candidates number of ends of the range tried on each side
   * @param reach the furthest that an end is inside the extreme element, in levels
   */
  AffineSearch(int top, boolean negativeOffset, int candidates, float reach) {
    this.top = top;
    this.negativeOffset = negativeOffset;
    this.candidates = candidates;
    this.reach = reach;
  }

  /** Returns the scale found, 0 when one level is enough; not negative. */
  float scale() {
    return bestScale;
  }

  /** Returns the offset found, the lowest level. */
  float offset() {
    return bestOffset;
  }

  /** Searches for elements at .. at + n - 1. */
  void search(EncodingBlock block, int at, int n) {
    float min = negativeOffset ? 0 : block.x[at];
    float max = block.x[at];
    for (int i = at; i < at + n; i++) {
      min = Math.min(min, block.x[i]);
      max = Math.max(max, block.x[i]);
    }
    bestScale = 0;
    bestOffset = min;
    float range = max - min;
    if (range < Halves.MIN / 2) {
      return;
    }
    bestError = Double.POSITIVE_INFINITY;
    float step = reach * range / (top * (candidates - 1));
    for (int low = 0; low < candidates; low++) {
      for (int high = 0; high < candidates; high++) {
        evaluate(block, at, n, min + low * step, (range - (low + high) * step) / top);
      }
    }
    for (int i = 0; i < MAX_REFINEMENTS; i++) {
      double before = bestError;
      evaluate(block, at, n, bestOffset, bestScale);
      if (bestError >= before) {
        break;
      }
    }
  }

  /** Computes the best scale and offset, and their error, of the codes that a candidate gives. */
  private void evaluate(EncodingBlock block, int at, int n, float offset, float scale) {
    float inverse = 1 / scale;
    float sumW = 0;
    float sumQ = 0;
    float sumQq = 0;
    float sumR = 0;
    float sumRq = 0;
    float sumRr = 0;
    for (int i = at; i < at + n; i++) {
      float x = block.x[i] - offset;
      float w = block.weight[i];
      int q = Math.min(Math.max((int) (x * inverse + 0.5f), 0), top);
      float rest = x - scale * q;
      float wq = w * q;
      sumW += w;
      sumQ += wq;
      sumQq += wq * q;
      sumR += w * rest;
      sumRq += wq * rest;
      sumRr += w * rest * rest;
    }
    double determinant = (double) sumQq * sumW - (double) sumQ * sumQ;
    boolean solvable = determinant > 0; // not when all codes are equal
    double scaleShift = solvable ? ((double) sumRq * sumW - (double) sumR * sumQ) / determinant : 0;
    double offsetShift =
        solvable ? ((double) sumR * sumQq - (double) sumRq * sumQ) / determinant : 0;
    if (negativeOffset && offset + offsetShift > 0) {
      offsetShift = -offset;
      scaleShift = (sumRq - offsetShift * sumQ) / sumQq;
    }
    // The gradient at the new point is zero, or only that of the offset is not.
    double error =
        sumRr
            - 2 * (scaleShift * sumRq + offsetShift * sumR)
            + scaleShift * scaleShift * sumQq
            + 2 * scaleShift * offsetShift * sumQ
            + offsetShift * offsetShift * sumW;
    if (error < bestError && scale + scaleShift > 0) {
      bestError = error;
      bestScale = (float) (scale + scaleShift);
      bestOffset = (float) (offset + offsetShift);
    }
  }

  /** Chooses the half near the offset found that gives the smallest error with a given scale. */
  float nearestHalfOffset(EncodingBlock block, int at, int n, float scale) {
    float best = 0;
    float smallest = Float.POSITIVE_INFINITY;
    for (int step = -1; step <= 1; step++) {
      float half = Halves.neighbour(bestOffset, step);
      float error = block.error(at, n, scale, half, top);
      if (error < smallest) {
        smallest = error;
        best = half;
      }
    }
    return best;
  }
}
