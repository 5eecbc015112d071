package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.PackedFormat.BLOCK;
import static io.internvl.core.kernel.PackedFormat.WORD;

import java.lang.foreign.MemorySegment;

/**
 * Decodes the scales of a row of {@link PackedRows}: for sixteen columns each a factor of their
 * codes and a summand. The summand is -0.0 where there is none: it leaves every value as it is,
 * also a zero its sign.
 */
final class PackedRowScales {
  private static final int SUPER_BLOCK = 256;
  private static final float NOTHING = -0.0f;

  private PackedRowScales() {}

  /**
   * Decodes the scales of some columns.
   *
   * @param format how the matrix is packed
   * @param w packed rows
   * @param at where the scales of the row's first column stood if all were in one stretch
   * @param col first column
   * @param count number of columns
   * @param y receives (count / 16, 2)
   */
  static void decode(PackedFormat format, MemorySegment w, long at, int col, int count, float[] y) {
    long superBlock = col / SUPER_BLOCK;
    int superBlocks = count / SUPER_BLOCK;
    switch (format.scales) {
      case HALVES -> halves(w, at, col / BLOCK, count / BLOCK, y);
      case HALF_PAIRS -> halfPairs(w, at + (long) col / BLOCK * WORD, count / BLOCK, y);
      case SIX_BITS -> sixBits(w, at + superBlock * 4 * WORD, superBlocks, y);
      case SIGNED_BYTES -> signedBytes(w, at + superBlock * 5 * WORD, superBlocks, y);
      case NIBBLE_PAIRS -> nibblePairs(w, at + superBlock * 5 * WORD, superBlocks, y);
    }
  }

  private static void halves(MemorySegment w, long at, int first, int blocks, float[] y) {
    for (int k = 0; k < blocks; k++) {
      int block = first + k;
      int word = w.get(INT, at + (long) block / 2 * WORD);
      float d = Float.float16ToFloat((short) (word >>> block % 2 * 16));
      twice(d, NOTHING, y, 4 * k);
    }
  }

  private static void halfPairs(MemorySegment w, long at, int blocks, float[] y) {
    for (int k = 0; k < blocks; k++) {
      int word = w.get(INT, at + (long) k * WORD);
      float d = Float.float16ToFloat((short) word);
      float m = Float.float16ToFloat((short) (word >>> 16));
      twice(d, m, y, 4 * k);
    }
  }

  /** For the 32 columns of a scale. */
  private static void twice(float factor, float summand, float[] y, int o) {
    y[o] = factor;
    y[o + 1] = summand;
    y[o + 2] = factor;
    y[o + 3] = summand;
  }

  private static void sixBits(MemorySegment w, long at, int superBlocks, float[] y) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 4L * block * WORD;
      int halves = w.get(INT, b);
      float d = Float.float16ToFloat((short) halves);
      float dmin = Float.float16ToFloat((short) (halves >>> 16));
      long low = w.get(INT, b + WORD) & 0xFFFF_FFFFL | (long) w.get(INT, b + 2 * WORD) << 32;
      int high = w.get(INT, b + 3 * WORD);
      long scales = KQuantRows.scales(low, high);
      long minima = KQuantRows.minima(low, high);
      for (int k = 0; k < 8; k++) {
        float dl = d * (scales >>> 8 * k & 63);
        float ml = -(dmin * (minima >>> 8 * k & 63));
        twice(dl, ml, y, 32 * block + 4 * k);
      }
    }
  }

  private static void signedBytes(MemorySegment w, long at, int superBlocks, float[] y) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 5L * block * WORD;
      float d = Float.intBitsToFloat(w.get(INT, b + 4 * WORD));
      for (int k = 0; k < 16; k++) {
        y[32 * block + 2 * k] = d * (byte) (w.get(INT, b + (long) (k / 4) * WORD) >>> k % 4 * 8);
        y[32 * block + 2 * k + 1] = NOTHING;
      }
    }
  }

  private static void nibblePairs(MemorySegment w, long at, int superBlocks, float[] y) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 5L * block * WORD;
      int halves = w.get(INT, b + 4 * WORD);
      float d = Float.float16ToFloat((short) halves);
      float dmin = Float.float16ToFloat((short) (halves >>> 16));
      for (int k = 0; k < 16; k++) {
        int pair = w.get(INT, b + (long) (k / 4) * WORD) >>> k % 4 * 8;
        y[32 * block + 2 * k] = d * (pair & 15);
        y[32 * block + 2 * k + 1] = -(dmin * (pair >> 4 & 15));
      }
    }
  }
}
