package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.util.Arrays;

/**
 * A token for {@link GemvNarrowKernel}, whose codes are the four bytes of 32-bit lanes: of every
 * four vectors of elements first those of the first bytes, then of the second bytes divided by 2^8,
 * of the third ones divided by 2^16, of the fourth ones divided by 2^24. So a byte is multiplied
 * where it is, without a shift. Also the sums of the elements of each scale.
 */
final class NarrowInput {
  /** Elements that 32 bytes of codes are multiplied with. */
  static final int GROUP = 32;

  /** Elements that a vector of codes is multiplied with. */
  static final int STEP = Integer.BYTES * LANES;

  private float[] values = {}; // (cols)
  private float[] sums = {}; // (cols / 16)
  private float[] pairSums = {}; // (cols / 32)
  private float[] factors = {}; // ones (cols / 32)
  private boolean ready;

  void forget() {
    ready = false;
  }

  /** Orders and adds up the elements unless that was done already. */
  void prepare(float[] x, int cols) {
    if (ready) {
      return;
    }
    if (values.length < cols) {
      values = new float[cols];
      sums = new float[cols / 16];
      pairSums = new float[cols / 32];
      factors = new float[cols / 32];
      Arrays.fill(factors, 1f);
    }
    for (int step = 0; step < cols; step += STEP) {
      arrange(x, step, values);
    }
    for (int i = 0; i < cols / 16; i++) {
      sums[i] = sum(x, 16 * i);
    }
    for (int i = 0; i < cols / 32; i++) {
      pairSums[i] = sums[2 * i] + sums[2 * i + 1];
    }
    ready = true;
  }

  private static void arrange(float[] x, int from, float[] y) {
    for (int lane = 0; lane < LANES; lane++) {
      int i = from + Integer.BYTES * lane;
      y[from + lane] = x[i];
      y[from + LANES + lane] = 0x1p-8f * x[i + 1];
      y[from + 2 * LANES + lane] = 0x1p-16f * x[i + 2];
      y[from + 3 * LANES + lane] = 0x1p-24f * x[i + 3];
    }
  }

  private static float sum(float[] x, int from) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = from; i < from + 16; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    return (a + b) + (c + d);
  }

  /** Returns the elements in order. */
  float[] values() {
    return values;
  }

  /** Returns the sums of sixteen elements each. */
  float[] sums() {
    return sums;
  }

  /** Returns what products of 32 elements each are multiplied with: 1. */
  float[] factors() {
    return factors;
  }

  /** Returns the sums of 32 elements each. */
  float[] pairSums() {
    return pairSums;
  }
}
