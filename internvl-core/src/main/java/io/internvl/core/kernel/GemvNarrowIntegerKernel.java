package io.internvl.core.kernel;

import static io.internvl.core.kernel.PackedFormat.WORD;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.VectorMask;

/**
 * K types with vectors of 256 or 128 bits and integer activations: as {@link GemvNarrowKernel}, but
 * a multiplication makes two products for each lane.
 *
 * <p>The headers of some super-blocks are laid side by side first, a lane for each row, so that
 * their scales are decoded for all rows at once, as those of packed rows are. Then comes one row
 * after the other: its sums stay in registers, and scales are spread over a vector as they are
 * loaded.
 */
abstract class GemvNarrowIntegerKernel extends GemvLoopKernel {
  /** Weights of a super-block. */
  static final int BLOCK = GemvNarrowKernel.BLOCK;

  /**
   * Most super-blocks of a row whose scales are decoded at once: a whole row of 3584. With fewer of
   * them, loops are begun too often.
   */
  static final int AHEAD = 16;

  /** Bytes of a vector, each with the lower bits of two codes. */
  static final int VECTOR_BYTES = 4 * LANES;

  /** Weights of a vector, and such vectors in a super-block. */
  static final int STEP = 2 * VECTOR_BYTES;

  static final int STEPS = BLOCK / STEP;

  /** A shift that divides by the steps of 32 bytes. */
  static final int PAIR_BITS =
      Integer.numberOfTrailingZeros(32) - Integer.numberOfTrailingZeros(VECTOR_BYTES);

  /** From a scale of a row to its next one. */
  static final int NEXT_SCALE = 2 * LANES;

  /** Where the scales of all rows start: behind their sums, and what minima contribute to these. */
  static final int SCALES = ALL_SUMS + NEXT_SCALE;

  /** Lanes of a vector whose codes have the second of two scales for 16 weights. */
  static final VectorMask<Float> SECOND_SCALE = VectorMask.fromLong(FLOATS, 0xF0);

  private static final int LARGEST_HEADER = 5 * WORD; // of a super-block of each row

  private final IntegerCodes codes;
  private final PackedFormat format;

  GemvNarrowIntegerKernel(IntegerCodes codes, PackedFormat format) {
    this.codes = codes;
    this.format = format;
  }

  /**
   * Returns where the codes of each step of AHEAD blocks are.
   *
   * @param blockBytes size of a block
   * @param ofStep where those of a step of the first block are
   */
  static int[] places(int blockBytes, IntUnaryOperator ofStep) {
    int[] places = new int[AHEAD * STEPS];
    for (int i = 0; i < places.length; i++) {
      places[i] = i / STEPS * blockBytes + ofStep.applyAsInt(i % STEPS);
    }
    return places;
  }

  /** Returns where the codes of a step are when 32 bytes hold those of two groups of steps. */
  static int placeOfPair(int step) {
    int at = step * VECTOR_BYTES;
    return at / 64 * 32 + at % 32;
  }

  @Override
  final boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.prepareArray();
    x.narrowIntegers(codes).prepare(x.array(), x.cols());
  }

  @Override
  int mostTokens() {
    return 4;
  }

  @Override
  boolean fetches() {
    return true;
  }

  @Override
  final int usedSums() {
    return LANES;
  }

  @Override
  final int scratchFloats() {
    return SCALES + AHEAD * (BLOCK / format.scaled) * NEXT_SCALE;
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    NarrowIntegers input = x.narrowIntegers(codes);
    MemorySegment headers = mine.staging.atLeast(AHEAD * LARGEST_HEADER);
    Arrays.fill(lanes, ALL_SUMS, SCALES, 0f);
    int blocks = cols / BLOCK;
    int parts = Math.ceilDiv(blocks, AHEAD);
    for (int part = 0; part < parts; part++) { // of about the same size
      int first = blocks * part / parts;
      int count = blocks * (part + 1) / parts - first;
      copyHeaders(w, starts, first, count, headers);
      for (int row = 0; row < RowShares.STREAMS; row += LANES) {
        long at = (long) row * Integer.BYTES - (long) first * format.scaleWords(BLOCK) * WORD;
        decodeScales(headers, at, first, count, input, lanes, ALL_SUMS + row);
      }
      multiplyCodes(w, first, count, starts, input, lanes);
    }
    for (int row = 0; row < RowShares.STREAMS; row++) {
      lanes[row * SUMS] += lanes[ALL_SUMS + row];
    }
  }

  /**
   * Copies the headers of some blocks of each row, as {@link PackedFormat.Scales} says.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param firstBlock index of the first block
   * @param blocks number of blocks, at most AHEAD
   * @param headers receives words (blocks, words of a header, GROUP)
   */
  abstract void copyHeaders(
      MemorySegment w, long[] starts, int firstBlock, int blocks, MemorySegment headers);

  /**
   * Decodes the scales of some blocks of a vector of rows, times the factors of the activations,
   * and subtracts what offsets and minima contribute.
   *
   * @param headers of the rows
   * @param at where those of the first block of a row would start
   * @param firstBlock index of the first block
   * @param blocks number of blocks
   * @param x factors and sums of the activations
   * @param scratch receives what is subtracted, from the lane on, and the scales, from SCALES on
   * @param lane of the first row
   */
  abstract void decodeScales(
      MemorySegment headers,
      long at,
      int firstBlock,
      int blocks,
      NarrowIntegers x,
      float[] scratch,
      int lane);

  /**
   * Multiplies the codes of some blocks of each row.
   *
   * @param w encoded weights
   * @param firstBlock index of the first block
   * @param blocks number of blocks, at most AHEAD
   * @param starts where the rows start
   * @param x the activations
   * @param scratch sums of the rows (rows, 16), then, from SCALES on, their scales (scales, 2
   *     LANES) of which a row has one
   */
  abstract void multiplyCodes(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers x,
      float[] scratch);
}
