package io.internvl.core.kernel;

import static io.internvl.core.kernel.PackedFormat.GROUP;
import static io.internvl.core.kernel.PackedFormat.WORD;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Products of one token with {@link PackedRows}: two vectors of rows at a time, some hundred
 * columns after the other. First their scales are decoded, then all words of codes are multiplied
 * in one loop, whose sums stay in registers.
 */
final class GemvPackedKernel extends GemvKernel {
  private static final int SUPER_BLOCK = 256;
  private static final long UNIT_BYTES = (long) RowShares.UNIT * Float.BYTES;

  /** Streams that the rows of two vectors belong to. */
  private static final int STREAMS = 2 * LANES / RowShares.UNIT;

  private final PackedFormat format;

  GemvPackedKernel(PackedFormat format) {
    this.format = format;
  }

  @Override
  boolean fits(int cols) {
    return true; // or the rows would not be packed
  }

  @Override
  int mostTokens() {
    return Gemv.MAX_TOKENS;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
    x.packed(format).prepare(x.array(), x.cols());
  }

  @Override
  void multiply(
      MemorySegment w,
      long offset,
      long rowBytes,
      long apart,
      int streams,
      int rowsOfLast,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long to) {
    float[] scratch = mine.lanes((1 + PackedFormat.STRETCH / format.scaled) * 2 * LANES);
    for (int stream = 0; stream < streams; stream += STREAMS) {
      long at = offset + stream * apart;
      long other = at + WORD / 2; // the other half of a group
      if (LANES == GROUP) { // a vector is a group
        int next = stream + GROUP / RowShares.UNIT;
        other = next < streams ? offset + next * apart : at;
      }
      Arrays.fill(scratch, 0, 2 * LANES, 0f);
      for (int col = 0; col < cols; col += PackedFormat.STRETCH) {
        int count = Math.min(PackedFormat.STRETCH, cols - col);
        for (int lane = 0; lane <= LANES; lane += LANES) {
          scales(w, lane == 0 ? at : other, x, col, count, scratch, lane);
        }
        codes(w, at, other, x, col, count, scratch);
        for (int i = 0; i < 2 * LANES; i++) {
          scratch[i] += scratch[2 * LANES + i];
        }
      }
      long target = to + stream * UNIT_BYTES;
      MemorySegment.copy(scratch, 0, sums, ValueLayout.JAVA_FLOAT, target, 2 * LANES);
    }
  }

  private void scales(
      MemorySegment w, long at, TokenInput x, int col, int count, float[] scratch, int lane) {
    long from = at + format.scalesOffset(col);
    int block = col / PackedFormat.BLOCK;
    int blocks = count / PackedFormat.BLOCK;
    PackedIntegers input = x.packed(format);
    float[] factors = input.factors();
    float[] sums = input.sums();
    switch (format.scales) {
      case HALVES ->
          PackedScales.halves(
              w, from, block, blocks, factors, sums, format.offsetOfSums(), scratch, lane);
      case HALF_PAIRS ->
          PackedScales.halfPairs(w, from, block, blocks, factors, sums, scratch, lane);
      case SIX_BITS -> {
        int first = col / SUPER_BLOCK;
        int superBlocks = count / SUPER_BLOCK;
        PackedScales.sixBits(w, from, first, superBlocks, factors, scratch, lane);
        PackedScales.sixBitMinima(w, from, first, superBlocks, sums, scratch, lane);
      }
      case SIGNED_BYTES ->
          PackedScales.signedBytes(
              w,
              from,
              col / SUPER_BLOCK,
              count / SUPER_BLOCK,
              factors,
              input.halfSums(),
              format.offsetOfSums(),
              scratch,
              lane);
      case NIBBLE_PAIRS ->
          PackedScales.nibblePairs(
              w,
              from,
              col / SUPER_BLOCK,
              count / SUPER_BLOCK,
              factors,
              input.halfSums(),
              scratch,
              lane);
    }
  }

  private void codes(
      MemorySegment w, long at, long other, TokenInput x, int col, int count, float[] scratch) {
    long codes = format.codesOffset(col + count);
    int first = format.codeWords(col);
    int end = format.codeWords(col + count);
    int words = format.codes.words * format.scaled / PackedFormat.BLOCK; // that share a scale
    int[] pairs = x.packed(format).pairs();
    switch (format.codes) {
      case NIBBLES ->
          PackedNibbles.multiply(w, at + codes, other + codes, first, end, pairs, words, scratch);
      case FIVES -> PackedFives.multiply(w, at + codes, other + codes, first, end, pairs, scratch);
      case BYTES -> {
        int codeOffset = (int) format.offset;
        PackedBytes.multiply(
            w, at + codes, other + codes, first, end, pairs, words, codeOffset, scratch);
      }
    }
  }
}
