package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.util.Arrays;

/**
 * A token for products with codes of 2 to 6 bits: integers with a factor for each 32 elements,
 * {@code x = factor * q}, as large as they can be while the sum of the products of a 32-bit lane
 * fits in 16 bits.
 *
 * <p>One 32-bit multiplication makes two products and adds them up. Let a lane have the codes a and
 * b in its lower and upper 16 bits. Its product with {@code 2¹⁶ q(a) + q(b)} is {@code 2¹⁶ (a q(a)
 * + b q(b)) + a q(b)}, as what is 2³² times too large is lost. The factors make up for 2¹⁶. The
 * last term is an error of less than an integer.
 */
final class NarrowIntegers {
  /** Elements with a factor in common. */
  static final int GROUP = 32;

  private static final int HALF = GROUP / 2;

  /** Of products, as integers; what the last term adds is less than one. */
  static final int LARGEST_SUM = Short.MAX_VALUE - 1;

  private static final float HALF_TOO_LARGE = 0.5f; // an integer, by rounding
  static final float SMALLEST = 0x1p-100f; // sums of activations that are not zero

  static final float PAIR_FACTOR = 0x1p-16f;
  private static final float MAGIC = 0x1.8p23f; // rounds to an integer when it is added
  private static final int MAGIC_BITS = Float.floatToRawIntBits(MAGIC);
  private static final int BYTES = 4 * LANES; // of a vector of codes
  private static final int STEP = 2 * BYTES; // elements that it is multiplied with

  private final IntegerCodes codes;
  private final float limit;
  private short[] rounded = {};
  private int[] values = {}; // (cols / 2)
  private float[] factors = {}; // (cols / 32)
  private float[] sums = {}; // (cols / 32)
  private int[] offsets = {}; // (cols / 2)
  private float[] laneFactors = {}; // (cols / 8)
  private float[] laneSums = {}; // (cols / 8)
  private float[] halfFactors = {}; // (cols / 16)
  private float[] halfSums = {}; // (cols / 16)
  private boolean ready;

  NarrowIntegers(IntegerCodes codes) {
    this.codes = codes;
    limit = (float) LARGEST_SUM / codes.largest - HALF_TOO_LARGE * codes.added;
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
    if (rounded.length < cols) {
      rounded = new short[cols];
      values = new int[cols / 2];
      factors = new float[groups + LANES]; // vectors are loaded whole
      sums = new float[groups + LANES];
      offsets = new int[cols / 2];
      laneFactors = new float[cols / 8];
      laneSums = new float[cols / 8];
      halfFactors = new float[cols / 16];
      halfSums = new float[cols / 16];
    }
    for (int group = 0; group < groups; group++) {
      round(x, group);
    }
    Arrays.fill(factors, groups, groups + LANES, 0f);
    Arrays.fill(sums, groups, groups + LANES, 0f);
    if (codes.offset > 0) {
      Arrays.fill(offsets, 0);
    }
    for (int from = 0; from < cols; from += STEP) {
      arrange(from);
    }
    for (int i = 0; i < cols / 8; i++) { // a 32-bit lane has eight elements
      int group = 8 * i / GROUP;
      laneFactors[i] = factors[group];
      laneSums[i] = sums[group] * 0.25f; // a group has four lanes
    }
    ready = true;
  }

  private void round(float[] x, int group) {
    int from = GROUP * group;
    float largest = largestSum(x, from);
    float inverse = largest < SMALLEST ? 0 : limit / largest;
    float factor = largest / limit;
    factors[group] = factor * PAIR_FACTOR;
    float total = 0; // of the integers: their errors then meet weights, not codes
    for (int half = from; half < from + GROUP; half += HALF) {
      int sum = 0;
      for (int i = half; i < half + HALF; i++) {
        int q = rounded(x[i] * inverse);
        rounded[i] = (short) q;
        sum += q;
      }
      halfFactors[half / HALF] = factor * PAIR_FACTOR;
      halfSums[half / HALF] = sum * factor;
      total += sum * factor;
    }
    sums[group] = total;
  }

  /** Rounds a value below 2²² to an integer, halves to an even one. */
  static int rounded(float value) {
    return Float.floatToRawIntBits(value + MAGIC) - MAGIC_BITS;
  }

  /**
   * Returns the largest sum of the absolute elements of a group whose products a lane adds up. With
   * the largest codes they must fit; this bound makes the integers up to twice as large as one of
   * the largest element alone.
   */
  private float largestSum(float[] x, int from) {
    float largest = 0;
    int end = from + (codes.added == 8 ? HALF : GROUP);
    for (int i = from; i < end; i += 4) {
      float even = Math.abs(x[i]) + Math.abs(x[i + 2]);
      float odd = Math.abs(x[i + 1]) + Math.abs(x[i + 3]);
      float sum = codes.added == 2 ? Math.max(even, odd) : even + odd;
      if (codes.added == 8) { // and those of the upper halves of the bytes
        int j = i + HALF;
        sum += Math.abs(x[j]) + Math.abs(x[j + 1]) + Math.abs(x[j + 2]) + Math.abs(x[j + 3]);
      }
      largest = Math.max(largest, sum);
    }
    return largest;
  }

  /**
   * Orders the elements of a step: pairs for the lower halves of the even bytes of each lane, of
   * the odd bytes, for the upper halves of the even bytes, of the odd bytes. Also adds up what is
   * subtracted from codes.
   */
  private void arrange(int from) {
    int half = codes.halfBlock;
    for (int lane = 0; lane < LANES; lane++) {
      int place = from / 2 + Integer.BYTES * lane; // of the first byte
      int lower = place / half * 2 * half + place % half;
      int upper = lower + half;
      int at = from / 2 + lane;
      values[at] = pair(lower);
      values[at + LANES] = pair(lower + 1);
      values[at + 2 * LANES] = pair(upper);
      values[at + 3 * LANES] = pair(upper + 1);
      if (codes.offset > 0) {
        subtract(at, lower);
        subtract(at + 2 / codes.added * LANES, lower + 1);
        subtract(at + 4 / codes.added * LANES, upper);
        subtract(at + 6 / codes.added * LANES, upper + 1);
      }
    }
  }

  /** Lets a lane start with the products of a pair and what is subtracted from its codes. */
  private void subtract(int lane, int i) {
    offsets[lane] -= codes.offset * (rounded[i] + rounded[i + 2]) << 16;
  }

  private int pair(int i) {
    return (rounded[i] << 16) + rounded[i + 2];
  }

  /** Returns the integers in pairs. */
  int[] values() {
    return values;
  }

  /** Returns what sums of products are multiplied with, for each group. */
  float[] factors() {
    return factors;
  }

  /** Returns the same for each half of a group. */
  float[] halfFactors() {
    return halfFactors;
  }

  /** Returns the sums of the rounded elements of each group. */
  float[] sums() {
    return sums;
  }

  /** Returns the sums of the rounded elements of each half of a group. */
  float[] halfSums() {
    return halfSums;
  }

  /**
   * Returns what the sum of each lane starts with, 2¹⁶ times: the product of its integers with what
   * is subtracted from their codes. In the order of the values, as far as these are not added up.
   */
  int[] offsets() {
    return offsets;
  }

  /** Returns the factors of each 32-bit lane, with half blocks of 16. */
  float[] laneFactors() {
    return laneFactors;
  }

  /** Returns for each such lane a fourth of the sum of its group. */
  float[] laneSums() {
    return laneSums;
  }
}
