package io.internvl.core.quant;

import java.lang.foreign.MemorySegment;

/**
 * Encodes a Q4_K or Q5_K block: 8 sub-blocks of 32 elements, levels {@code d sc q - dmin mn} with
 * 6-bit integers sc and mn of each sub-block and half-precision d and dmin of the block.
 *
 * <p>First every sub-block's best real scale and minimum are found. Then two steps alternate: with
 * d and dmin given, each sub-block takes the integers sc and mn around its own optimum that give
 * the smallest error; with all integers given, the best d and dmin solve a linear system.
 */
final class AffineSuperBlock {
  private static final int SUB_BLOCKS = 8;
  private static final int SIZE = 32;
  private static final int MAX_INTEGER = 63;
  private static final int ROUNDS = 4;

  /** Integers of all sub-blocks with their common factors. */
  private static final class Choice {
    final int[] sc = new int[SUB_BLOCKS];
    final int[] mn = new int[SUB_BLOCKS];
    float d;
    float dmin;
    float error = Float.POSITIVE_INFINITY;

    void copyFrom(Choice other) {
      System.arraycopy(other.sc, 0, sc, 0, SUB_BLOCKS);
      System.arraycopy(other.mn, 0, mn, 0, SUB_BLOCKS);
      d = other.d;
      dmin = other.dmin;
      error = other.error;
    }
  }

  private final EncodingBlock block;
  private final int top;
  private final float[] scale = new float[SUB_BLOCKS]; // each sub-block's own optimum
  private final float[] minimum = new float[SUB_BLOCKS];
  private final Choice current = new Choice();
  private final Choice best = new Choice();

  private AffineSuperBlock(EncodingBlock block, int top) {
    this.block = block;
    this.top = top;
  }

  /**
   * Chooses the codes of a block and writes d, dmin and the sub-block integers.
   *
   * @param block 256 values; receives their codes
   * @param top highest code: 15 or 31
   * @param y receives the first 16 bytes of the encoded block
   * @param b where it starts
   */
  static void encode(EncodingBlock block, int top, MemorySegment y, long b) {
    AffineSuperBlock search = new AffineSuperBlock(block, top);
    search.searchSubBlocks();
    search.searchIntegers();
    search.setCodes(search.best);
    EncodableFormat.putHalf(y, b, search.best.d);
    EncodableFormat.putHalf(y, b + 2, search.best.dmin);
    SubScales.put(y, b + 4, search.best.sc, search.best.mn);
  }

  private void searchSubBlocks() {
    AffineSearch search = new AffineSearch(top, true, 4, 1.2f);
    for (int j = 0; j < SUB_BLOCKS; j++) {
      search.search(block, j * SIZE, SIZE);
      scale[j] = search.scale();
      minimum[j] = -search.offset();
    }
  }

  private void searchIntegers() {
    current.d = Halves.atLeast(largest(scale) / MAX_INTEGER);
    current.dmin = Halves.atLeast(largest(minimum) / MAX_INTEGER);
    for (int round = 0; round < ROUNDS; round++) {
      chooseIntegers();
      if (current.error >= best.error) {
        return;
      }
      best.copyFrom(current);
      setCodes(current);
      solveFactors();
    }
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  private void chooseIntegers() {
    current.error = 0;
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int wantedSc = nearest(scale[j], current.d);
      int wantedMn = nearest(minimum[j], current.dmin);
      float smallest = Float.POSITIVE_INFINITY;
      for (int sc = Math.max(wantedSc - 1, 0); sc <= Math.min(wantedSc + 1, MAX_INTEGER); sc++) {
        for (int mn = Math.max(wantedMn - 1, 0); mn <= Math.min(wantedMn + 1, MAX_INTEGER); mn++) {
          float error = block.error(j * SIZE, SIZE, current.d * sc, -current.dmin * mn, top);
          if (error < smallest) {
            smallest = error;
            current.sc[j] = sc;
            current.mn[j] = mn;
          }
        }
      }
      current.error += smallest;
    }
  }

  private static int nearest(float value, float unit) {
    return unit == 0 ? 0 : Math.clamp(Math.round(value / unit), 0, MAX_INTEGER);
  }

  private void setCodes(Choice choice) {
    for (int j = 0; j < SUB_BLOCKS; j++) {
      block.setCodes(j * SIZE, SIZE, choice.d * choice.sc[j], -choice.dmin * choice.mn[j], top, 0);
    }
  }

  /** Minimises {@code sum w (x - d a + dmin c)²} with a = sc q and c = mn. */
  private void solveFactors() {
    double aa = 0;
    double ac = 0;
    double cc = 0;
    double xa = 0;
    double xc = 0;
    for (int i = 0; i < block.x.length; i++) {
      double w = block.weight[i];
      double a = current.sc[i / SIZE] * block.code[i];
      double c = current.mn[i / SIZE];
      aa += w * a * a;
      ac += w * a * c;
      cc += w * c * c;
      xa += w * a * block.x[i];
      xc += w * c * block.x[i];
    }
    double determinant = aa * cc - ac * ac;
    double d = cc == 0 ? xa / aa : (xa * cc - xc * ac) / determinant;
    double dmin = cc == 0 ? 0 : (xa * ac - xc * aa) / determinant;
    if (d > 0 && dmin >= 0) {
      current.d = Halves.nearest((float) d);
      current.dmin = Halves.nearest((float) dmin);
    }
  }
}
