package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A token for {@link GemvQ4_KIntegers}: 16-bit integers with a scale for each super-block, {@code x
 * = scale * q} with {@code |q| <= LIMIT}, so that the sum of four products with codes of 4 bits
 * fits in 16 bits. Of every 128 elements come first those that belong to even bytes of the weights,
 * then to odd ones, of the lower halves, then of the upper halves.
 *
 * <p>The kernel adds two neighbouring 16-bit sums in the upper half of a 32-bit lane. That makes
 * them 2¹⁶ too large, which the factors make up for; and the lower half, which stays in the lane,
 * adds between 0 and 1, half on average, which the sums subtract.
 */
final class IntegerBlockInput {
  private static final int LIMIT = 511; // 4 * 15 * 511 < 2^15
  private static final float PAIR_FACTOR = 0x1p-16f;
  private static final float BIAS = 0.5f * 8; // of the eight lanes of a sub-block
  private static final int HALF = SuperBlockInput.BLOCK / 2;
  private static final int SUB_BLOCK = 32;

  private final int[] source = new int[SuperBlockInput.BLOCK]; // element of each place
  private final int[] rounded = new int[SuperBlockInput.BLOCK];
  private short[] values = {}; // (cols)
  private float[] sums = {}; // (cols / 256, 16): for scales and for minima, divided by the factors
  private float[] factors = {}; // (cols / 256)
  private boolean ready;

  IntegerBlockInput() {
    SuperBlockOrder order = SuperBlockOrder.PAIRS_OF_32;
    for (int i = 0; i < source.length; i++) {
      int part = i % HALF / SUB_BLOCK; // even and odd bytes of lower halves, of upper halves
      int pair = i % SUB_BLOCK;
      int quarter = i / HALF * 2 + part / 2;
      source[i] = order.element(quarter, pair / 2) + pair % 2 * 2 + part % 2;
    }
  }

  void forget() {
    ready = false;
  }

  /** Computes the integers unless they are there already. */
  void prepare(MemorySegment x, int cols) {
    if (ready) {
      return;
    }
    int blocks = cols / SuperBlockInput.BLOCK;
    if (values.length < cols) {
      values = new short[cols];
      sums = new float[blocks * SuperBlockInput.SCALES];
      factors = new float[blocks];
    }
    for (int block = 0; block < blocks; block++) {
      quantise(x, block);
    }
    ready = true;
  }

  private void quantise(MemorySegment x, int block) {
    int first = block * SuperBlockInput.BLOCK;
    float largest = 0;
    for (int i = 0; i < SuperBlockInput.BLOCK; i++) {
      largest = Math.max(largest, Math.abs(x.getAtIndex(ValueLayout.JAVA_FLOAT, first + i)));
    }
    float inverse = largest == 0 ? 0 : LIMIT / largest;
    for (int i = 0; i < SuperBlockInput.BLOCK; i++) {
      rounded[i] = Math.round(x.getAtIndex(ValueLayout.JAVA_FLOAT, first + i) * inverse);
    }
    for (int i = 0; i < SuperBlockInput.BLOCK; i++) {
      values[first + i] = (short) rounded[source[i]];
    }
    factors[block] = largest / LIMIT * PAIR_FACTOR;
    int to = block * SuperBlockInput.SCALES;
    for (int i = 0; i < SuperBlockInput.SCALES / 2; i++) {
      int sum = 0; // of the integers: their errors then meet weights, not codes
      for (int j = 0; j < SUB_BLOCK; j++) {
        sum += rounded[i * SUB_BLOCK + j];
      }
      sums[to + i] = BIAS / PAIR_FACTOR;
      sums[to + SuperBlockInput.SCALES / 2 + i] = sum / PAIR_FACTOR;
    }
  }

  short[] values() {
    return values;
  }

  float[] sums() {
    return sums;
  }

  float[] factors() {
    return factors;
  }
}
