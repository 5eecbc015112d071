package io.internvl.core.quant;

import java.lang.foreign.MemorySegment;

/**
 * Encodes a Q6_K block: 16 sub-blocks of 16 elements, levels {@code d sc (q - 32)} with a signed
 * 8-bit integer sc of each sub-block and a half-precision d of the block.
 *
 * <p>First every sub-block's best real scale is found. Then two steps alternate: with d given, each
 * sub-block takes the integer sc around its own optimum that gives the smallest error; with all
 * integers given, the best d is {@code sum w x a / sum w a²} of a = sc (q - 32).
 */
final class ScaledSuperBlock {
  private static final int SUB_BLOCKS = 16;
  private static final int SIZE = 16;
  private static final int LOW = -32;
  private static final int TOP = 63;
  private static final int MAX_INTEGER = 127;
  private static final int NEIGHBOURS = 2;
  private static final int ROUNDS = 3;
  private static final int SCALES_OFFSET = 192;
  private static final int D_OFFSET = 208;

  private final EncodingBlock block;
  private final float[] scale = new float[SUB_BLOCKS]; // each sub-block's own optimum
  private final int[] sc = new int[SUB_BLOCKS];
  private final int[] bestSc = new int[SUB_BLOCKS];
  private float bestD;
  private float bestError = Float.POSITIVE_INFINITY;

  private ScaledSuperBlock(EncodingBlock block) {
    this.block = block;
  }

  /**
   * Chooses the codes of a block and writes d and the sub-block integers.
   *
   * @param block 256 values; receives their codes
   * @param y receives the last 18 bytes of the encoded block
   * @param b where the block starts
   */
  static void encode(EncodingBlock block, MemorySegment y, long b) {
    ScaledSuperBlock search = new ScaledSuperBlock(block);
    float largest = search.searchSubBlocks();
    search.searchIntegers(Halves.atLeast(largest / MAX_INTEGER));
    search.setCodes(search.bestD, search.bestSc);
    for (int j = 0; j < SUB_BLOCKS; j++) {
      EncodableFormat.putByte(y, b + SCALES_OFFSET + j, search.bestSc[j]);
    }
    EncodableFormat.putHalf(y, b + D_OFFSET, search.bestD);
  }

  private float searchSubBlocks() {
    ScaleSearch search = new ScaleSearch(LOW, LOW + TOP, 6, 1f);
    float largest = 0;
    for (int j = 0; j < SUB_BLOCKS; j++) {
      scale[j] = search.search(block, j * SIZE, SIZE);
      largest = Math.max(largest, Math.abs(scale[j]));
    }
    return largest;
  }

  private void searchIntegers(float firstD) {
    float d = firstD;
    for (int round = 0; round < ROUNDS; round++) {
      float error = chooseIntegers(d);
      if (error >= bestError) {
        return;
      }
      bestError = error;
      bestD = d;
      System.arraycopy(sc, 0, bestSc, 0, SUB_BLOCKS);
      setCodes(d, sc);
      d = solveFactor(d);
    }
  }

  private float chooseIntegers(float d) {
    float total = 0;
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int wanted = d == 0 ? 0 : Math.round(scale[j] / d);
      int neighbours = scale[j] == 0 ? 0 : NEIGHBOURS;
      int first = Math.clamp(wanted - neighbours, -MAX_INTEGER, MAX_INTEGER);
      int last = Math.clamp(wanted + neighbours, -MAX_INTEGER, MAX_INTEGER);
      float smallest = Float.POSITIVE_INFINITY;
      for (int candidate = first; candidate <= last; candidate++) {
        float unit = d * candidate;
        float error = block.error(j * SIZE, SIZE, unit, LOW * unit, TOP);
        if (error < smallest) {
          smallest = error;
          sc[j] = candidate;
        }
      }
      total += smallest;
    }
    return total;
  }

  private void setCodes(float d, int[] integers) {
    for (int j = 0; j < SUB_BLOCKS; j++) {
      float unit = d * integers[j];
      block.setCodes(j * SIZE, SIZE, unit, LOW * unit, TOP, -LOW);
    }
  }

  private float solveFactor(float d) {
    double aa = 0;
    double xa = 0;
    for (int i = 0; i < block.x.length; i++) {
      double a = sc[i / SIZE] * (block.code[i] + LOW);
      aa += block.weight[i] * a * a;
      xa += block.weight[i] * a * block.x[i];
    }
    return aa > 0 ? Halves.nearest((float) (xa / aa)) : d;
  }
}
