package io.internvl.core.kernel;

import static io.internvl.core.kernel.PackedFormat.BLOCK;

/**
 * A token for products with packed rows: integers with a factor for each 32 elements, {@code x =
 * factor * q}, in pairs {@code 2¹⁶ q(i) + q(i + 2)} for i = 0, 1, 4, 5, 8, 9 ... As in {@link
 * NarrowIntegers} they are as large as they can be while the sum of products of a lane fits in 16
 * bits.
 */
final class PackedIntegers {
  private final int added;
  private final int pairsOfBlock;
  private final float limit;
  private int[] pairs = {}; // (blocks, pairsOfBlock)
  private float[] factors = {}; // (blocks)
  private float[] sums = {}; // (blocks)
  private float[] halfSums = {}; // (2 blocks)
  private final int[] rounded = new int[BLOCK];
  private boolean ready;

  PackedIntegers(PackedFormat format) {
    added = format.codes.added;
    pairsOfBlock = format.codes.pairs;
    limit =
        (float) NarrowIntegers.LARGEST_SUM / format.largest
            - 0.5f * added; // each is rounded by half of one
  }

  void forget() {
    ready = false;
  }

  /** Computes the integers unless they are there already. */
  void prepare(float[] x, int cols) {
    if (ready) {
      return;
    }
    int blocks = cols / BLOCK;
    if (factors.length <= blocks) {
      pairs = new int[blocks * pairsOfBlock];
      factors = new float[blocks + 1];
      sums = new float[blocks + 1];
      halfSums = new float[2 * blocks];
    }
    for (int block = 0; block < blocks; block++) {
      round(x, block);
    }
    factors[blocks] = 0; // see PackedScales.halves
    sums[blocks] = 0;
    ready = true;
  }

  private void round(float[] x, int block) {
    int from = BLOCK * block;
    float largest = 0;
    for (int i = from; i < from + BLOCK; i += 4) {
      float even = Math.abs(x[i]) + Math.abs(x[i + 2]);
      float odd = Math.abs(x[i + 1]) + Math.abs(x[i + 3]);
      largest = Math.max(largest, added == 2 ? Math.max(even, odd) : even + odd);
    }
    float inverse = largest < NarrowIntegers.SMALLEST ? 0 : limit / largest;
    float factor = largest / limit;
    int low = 0; // sums of the integers: their errors then meet weights, not codes
    int high = 0;
    for (int i = 0; i < BLOCK / 2; i++) {
      rounded[i] = NarrowIntegers.rounded(x[from + i] * inverse);
      low += rounded[i];
    }
    for (int i = BLOCK / 2; i < BLOCK; i++) {
      rounded[i] = NarrowIntegers.rounded(x[from + i] * inverse);
      high += rounded[i];
    }
    int to = block * pairsOfBlock;
    for (int i = 0; i < BLOCK; i += 4) {
      pairs[to + i / 2] = (rounded[i] << 16) + rounded[i + 2];
      pairs[to + i / 2 + 1] = (rounded[i + 1] << 16) + rounded[i + 3];
    }
    factors[block] = factor * NarrowIntegers.PAIR_FACTOR;
    sums[block] = (low + high) * factor;
    halfSums[2 * block] = low * factor;
    halfSums[2 * block + 1] = high * factor;
  }

  /** Returns the integers in pairs. */
  int[] pairs() {
    return pairs;
  }

  /** Returns what sums of products are multiplied with, for each 32 elements. */
  float[] factors() {
    return factors;
  }

  /** Returns the sums of 32 rounded elements each. */
  float[] sums() {
    return sums;
  }

  /** Returns the sums of sixteen rounded elements each. */
  float[] halfSums() {
    return halfSums;
  }
}
