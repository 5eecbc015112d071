package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.util.Arrays;

/**
 * A token for {@link GemvNarrowBlockKernel} as float32. Blocks of 32 keep elements i and i + 16 in
 * the two halves of byte i. Four bytes are a 32-bit lane, so that a vector holds {@link #BLOCKS}
 * blocks. Of these come first the elements of the lower halves, then of the upper ones, of each
 * those of the first bytes of all lanes, of the second bytes divided by 2⁸, of the third ones
 * divided by 2¹⁶, of the fourth ones divided by 2²⁴. Also the sums of the elements of each block.
 */
final class NarrowPairInput {
  /** Elements of a block. */
  static final int BLOCK = 32;

  /** Blocks of a vector. */
  static final int BLOCKS = LANES / 4;

  /** Elements that a vector of codes is multiplied with. */
  static final int STEP = BLOCK * BLOCKS;

  private static final int HALF = BLOCK / 2;

  private float[] values = {}; // (cols)
  private float[] sums = {}; // (cols / 32)
  private float[] laneSums = {}; // (cols / 4)
  private boolean ready;

  void forget() {
    ready = false;
  }

  /** Orders and adds up the elements unless that was done already. */
  void prepare(float[] x, int cols) {
    if (ready) {
      return;
    }
    int blocks = cols / BLOCK;
    if (values.length < cols) {
      values = new float[cols];
      sums = new float[blocks + LANES]; // vectors are loaded whole
      laneSums = new float[cols / 4];
    }
    for (int from = 0; from < cols; from += STEP) {
      arrange(x, from);
    }
    for (int i = 0; i < blocks; i++) {
      sums[i] = sum(x, BLOCK * i);
    }
    Arrays.fill(sums, blocks, blocks + LANES, 0f);
    ready = true;
  }

  private void arrange(float[] x, int from) {
    for (int lane = 0; lane < LANES; lane++) {
      for (int half = 0; half < 2; half++) {
        int i = from + BLOCK * (lane / 4) + HALF * half + 4 * (lane % 4);
        int to = from + 4 * LANES * half + lane;
        values[to] = x[i];
        values[to + LANES] = 0x1p-8f * x[i + 1];
        values[to + 2 * LANES] = 0x1p-16f * x[i + 2];
        values[to + 3 * LANES] = 0x1p-24f * x[i + 3];
        laneSums[(from + 4 * LANES * half) / 4 + lane] = (x[i] + x[i + 1]) + (x[i + 2] + x[i + 3]);
      }
    }
  }

  private static float sum(float[] x, int from) {
    float a = 0;
    float b = 0;
    for (int i = from; i < from + BLOCK; i += 2) {
      a += x[i];
      b += x[i + 1];
    }
    return a + b;
  }

  /** Returns the elements in order. */
  float[] values() {
    return values;
  }

  /** Returns the sums of the elements of each block, and zeros behind them. */
  float[] sums() {
    return sums;
  }

  /** Returns the sums of the four elements of a lane, for lower and upper halves. */
  float[] laneSums() {
    return laneSums;
  }
}
