package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.util.Arrays;

/**
 * A token for 16-bit products with codes of 4 bits: integers with a factor for each 32 elements,
 * {@code x = factor * q}, so small that the sum of the products of a 32-bit lane fits in 16 bits. A
 * vector of codes is multiplied with the elements that belong to the lower halves of its even
 * bytes, of its odd bytes, to the upper halves of its even bytes, of its odd bytes.
 *
 * <p>Kernels add two neighbouring 16-bit sums in the upper half of a 32-bit lane. That makes them
 * 2¹⁶ too large, which the factors make up for; and the lower half, which stays in the lane unless
 * it is masked out, adds between 0 and 1, half on average, which {@link #rounding} is.
 */
final class NarrowIntegers {
  /** Elements with a factor in common. */
  static final int GROUP = 32;

  private static final int PAIR_HALF = 16; // half blocks of types with blocks of 32
  private static final float PAIR_FACTOR = 0x1p-16f;
  private static final float MAGIC = 0x1.8p23f; // rounds to an integer when it is added
  private static final int MAGIC_BITS = Float.floatToRawIntBits(MAGIC);
  private static final int BYTES = 4 * LANES; // of a vector of codes
  private static final int STEP = 2 * BYTES; // elements that it is multiplied with

  private final int halfBlock;
  private final int lanesOfGroup;
  private final float limit;
  private short[] rounded = {};
  private short[] values = {}; // (cols)
  private float[] factors = {}; // (cols / 32)
  private float[] sums = {}; // (cols / 32)
  private short[] laneSums = {}; // (cols / 4)
  private float[] laneFactors = {}; // (cols / 8)
  private boolean ready;

  /**
   * Makes the input of a kind of types.
   *
   * @param halfBlock elements in the lower halves of consecutive bytes, followed by as many in
   *     their upper halves: 32 or 16; those of a group are added up in one lane
   */
  NarrowIntegers(int halfBlock) {
    this.halfBlock = halfBlock;
    lanesOfGroup = halfBlock / Integer.BYTES;
    int largestCode = halfBlock == 32 ? 15 : NarrowNibbles.OFFSET;
    limit = Short.MAX_VALUE / (GROUP / lanesOfGroup * largestCode);
  }

  /** Returns what the lanes of a group are too large on average, before they meet the factor. */
  float rounding() {
    return lanesOfGroup * 0x1p15f;
  }

  void forget() {
    ready = false;
  }

  /** Computes the integers unless they are there already. */
  void prepare(float[] x, int cols) {
    if (ready) {
      return;
    }
    int groups = cols / GROUP;
    if (values.length < cols) {
      rounded = new short[cols];
      values = new short[cols];
      factors = new float[groups + LANES]; // vectors are loaded whole
      sums = new float[groups + LANES];
      laneSums = new short[cols / 4];
      laneFactors = new float[cols / 8];
    }
    for (int group = 0; group < groups; group++) {
      round(x, group);
    }
    Arrays.fill(factors, groups, groups + LANES, 0f);
    Arrays.fill(sums, groups, groups + LANES, 0f);
    for (int from = 0; from < cols; from += STEP) {
      arrange(from / STEP * BYTES, from);
    }
    if (halfBlock == PAIR_HALF) {
      addLanes(cols);
    }
    ready = true;
  }

  private void round(float[] x, int group) {
    int from = GROUP * group;
    float largest = 0;
    for (int i = from; i < from + GROUP; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    float inverse = largest == 0 ? 0 : limit / largest;
    int sum = 0;
    for (int i = from; i < from + GROUP; i++) {
      int q = Float.floatToRawIntBits(x[i] * inverse + MAGIC) - MAGIC_BITS;
      rounded[i] = (short) q;
      sum += q;
    }
    float factor = largest / limit;
    factors[group] = factor * PAIR_FACTOR;
    sums[group] = sum * factor; // of the integers: their errors then meet weights, not codes
  }

  /**
   * Orders a step.
   *
   * @param first index of the first byte of codes
   * @param to where the step starts
   */
  private void arrange(int first, int to) {
    for (int i = 0; i < BYTES; i += 2) {
      int place = first + i;
      int lower = place / halfBlock * 2 * halfBlock + place % halfBlock;
      int upper = lower + halfBlock;
      int at = to + i / 2;
      values[at] = rounded[lower];
      values[at + 2 * LANES] = rounded[lower + 1];
      values[at + 4 * LANES] = rounded[upper];
      values[at + 6 * LANES] = rounded[upper + 1];
    }
  }

  /** Lanes of two blocks have a factor of each: a 32-bit lane has eight elements of one. */
  private void addLanes(int cols) {
    for (int i = 0; i < cols / 8; i++) {
      laneFactors[i] = factors[8 * i / GROUP];
    }
    for (int i = 0; i < cols / 4; i++) { // the four products of a 16-bit lane
      int at = i / (2 * LANES) * STEP + i % (2 * LANES);
      laneSums[i] =
          (short)
              (values[at]
                  + values[at + 2 * LANES]
                  + values[at + 4 * LANES]
                  + values[at + 6 * LANES]);
    }
  }

  /** Returns the integers. */
  short[] values() {
    return values;
  }

  /** Returns what sums of products are multiplied with, for each group. */
  float[] factors() {
    return factors;
  }

  /** Returns the sums of the rounded elements of each group. */
  float[] sums() {
    return sums;
  }

  /** Returns the sums of the integers of each 16-bit lane, with half blocks of 16. */
  short[] laneSums() {
    return laneSums;
  }

  /** Returns the factors of each 32-bit lane, with half blocks of 16. */
  float[] laneFactors() {
    return laneFactors;
  }
}
