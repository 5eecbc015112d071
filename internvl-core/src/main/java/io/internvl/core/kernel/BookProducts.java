package io.internvl.core.kernel;

import static io.internvl.core.kernel.GemvBookKernel.CODES_OF_EIGHT;
import static io.internvl.core.kernel.GemvBookKernel.CODES_OF_FOUR;
import static io.internvl.core.kernel.GemvBookKernel.SIGNS;
import static io.internvl.core.kernel.GemvLoopKernel.ALL_SUMS;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of unpacked codebook types, see {@link GemvBookKernel}.
 *
 * <p>A table has the bytes of the eight or four weights of each code: {@link #BIAS} and the weight.
 * The lower seven bits of 64 + u, negated, are those of 64 - u: so are signs applied. As in {@link
 * GemvSuperKernel} these bits become the float 128 + byte, and what was added to the weights goes
 * through the sums of the activations. For small weights it is five bits of 16 + u, two bits
 * further up, and the float 32 + code: the less is added, the less is lost to rounding.
 */
final class BookProducts {
  /** Order of the activations. */
  static final SuperBlockOrder ORDER = SuperBlockOrder.PAIRS_OF_64;

  /** What is added to a weight in a table: to one below 64, and to a small one below 16. */
  static final int BIAS = 64;

  static final int SMALL_BIAS = 16;

  /** What is added to a weight altogether. */
  static final FloatVector OFFSET = FloatVector.broadcast(FLOATS, 128 + BIAS);

  static final FloatVector SMALL_OFFSET = FloatVector.broadcast(FLOATS, 32 + SMALL_BIAS);

  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_512;
  private static final int[] SCALES = ORDER.scales();
  private static final int CODE_BITS = 0x007F0000;
  private static final int ONE_AT_16_BITS = 0x43000000; // 128
  private static final int SMALL_CODE_BITS = 0x007C0000;
  private static final int ONE_AT_18_BITS = 0x42000000; // 32
  private static final IntVector CODE = IntVector.broadcast(INTS, CODE_BITS);
  private static final IntVector ONE_AT_16 = IntVector.broadcast(INTS, ONE_AT_16_BITS);
  private static final IntVector SMALL_CODE = IntVector.broadcast(INTS, SMALL_CODE_BITS);
  private static final IntVector ONE_AT_18 = IntVector.broadcast(INTS, ONE_AT_18_BITS);

  private BookProducts() {}

  /**
   * Makes a table of entries of eight weights.
   *
   * @param values the weights (entries, 8)
   * @param factor what makes them integers
   * @param bias {@link #BIAS} or {@link #SMALL_BIAS}
   */
  static long[] eights(float[] values, int factor, int bias) {
    int place = bias == SMALL_BIAS ? 2 : 0;
    long[] table = new long[values.length / 8];
    for (int i = 0; i < values.length; i++) {
      table[i / 8] |= (bias + (long) (factor * values[i])) << 8 * (i % 8) + place;
    }
    return table;
  }

  /**
   * Makes a table of entries of four weights.
   *
   * @param values the weights, integers (entries, 4)
   * @param bias {@link #BIAS} or {@link #SMALL_BIAS}
   */
  static int[] fours(float[] values, int bias) {
    int place = bias == SMALL_BIAS ? 2 : 0;
    int[] table = new int[values.length / 4];
    for (int i = 0; i < values.length; i++) {
      table[i / 4] |= (bias + (int) values[i]) << 8 * (i % 4) + place;
    }
    return table;
  }

  /**
   * Looks up the codes of eight weights of all rows. In scalar code: a gather of 64-bit elements
   * has indices in vectors of 256 bits, which are another class than all others (docs/kernels.md).
   *
   * @param table codes, a power of two of them
   */
  static void lookUp(long[] table, int[] codes, long[] entries) {
    for (int i = 0; i < RowShares.STREAMS * CODES_OF_EIGHT; i++) {
      entries[i] = table[codes[i] & table.length - 1]; // without a range check
    }
  }

  /** Multiplies a block of each row: codes of eight weights with signs. */
  static void multiplySignedEights(
      long[] entries, long[] signs, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS
        || entries.length < RowShares.STREAMS * CODES_OF_EIGHT
        || from + SuperBlockInput.BLOCK > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "activations from %d of %d, scratch of %d, %d entries",
              from, x.length, scratch.length, entries.length));
    }
    for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
      int xo = from + 64 * quarter;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALES, 16 * quarter);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v =
            LongVector.fromArray(LONGS, entries, CODES_OF_EIGHT * row + 8 * quarter)
                .reinterpretAsInts();
        v =
            v.reinterpretAsBytes()
                .sub(
                    v.lanewise(VectorOperators.LSHL, 1).reinterpretAsBytes(), // no bit 7 is set
                    VectorMask.fromLong(BYTES, signs[SIGNS * row + quarter]))
                .reinterpretAsInts();
        FloatVector p =
            v.lanewise(VectorOperators.LSHL, 16)
                .and(CODE)
                .or(ONE_AT_16)
                .reinterpretAsFloats()
                .mul(x0);
        p =
            v.lanewise(VectorOperators.LSHL, 8)
                .and(CODE)
                .or(ONE_AT_16)
                .reinterpretAsFloats()
                .fma(x1, p);
        p = v.and(CODE).or(ONE_AT_16).reinterpretAsFloats().fma(x2, p);
        p =
            v.lanewise(VectorOperators.LSHR, 8)
                .and(CODE)
                .or(ONE_AT_16)
                .reinterpretAsFloats()
                .fma(x3, p);
        int at = row * SuperBlockInput.SCALES;
        IntVector s = FloatVector.fromArray(FLOATS, scratch, ALL_SUMS + at).reinterpretAsInts();
        p.fma(
                scaleOf.selectFrom(s).reinterpretAsFloats(),
                FloatVector.fromArray(FLOATS, scratch, at))
            .intoArray(scratch, at);
      }
    }
  }

  /** Multiplies a block of each row: codes of eight small weights that have their signs. */
  static void multiplyEights(long[] entries, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS
        || entries.length < RowShares.STREAMS * CODES_OF_EIGHT
        || from + SuperBlockInput.BLOCK > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "activations from %d of %d, scratch of %d, %d entries",
              from, x.length, scratch.length, entries.length));
    }
    for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
      int xo = from + 64 * quarter;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALES, 16 * quarter);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v =
            LongVector.fromArray(LONGS, entries, CODES_OF_EIGHT * row + 8 * quarter)
                .reinterpretAsInts();
        FloatVector p =
            v.lanewise(VectorOperators.LSHL, 16)
                .and(SMALL_CODE)
                .or(ONE_AT_18)
                .reinterpretAsFloats()
                .mul(x0);
        p =
            v.lanewise(VectorOperators.LSHL, 8)
                .and(SMALL_CODE)
                .or(ONE_AT_18)
                .reinterpretAsFloats()
                .fma(x1, p);
        p = v.and(SMALL_CODE).or(ONE_AT_18).reinterpretAsFloats().fma(x2, p);
        p =
            v.lanewise(VectorOperators.LSHR, 8)
                .and(SMALL_CODE)
                .or(ONE_AT_18)
                .reinterpretAsFloats()
                .fma(x3, p);
        int at = row * SuperBlockInput.SCALES;
        IntVector s = FloatVector.fromArray(FLOATS, scratch, ALL_SUMS + at).reinterpretAsInts();
        p.fma(
                scaleOf.selectFrom(s).reinterpretAsFloats(),
                FloatVector.fromArray(FLOATS, scratch, at))
            .intoArray(scratch, at);
      }
    }
  }

  /**
   * Multiplies a block of each row: codes of four weights with signs.
   *
   * @param bias that of the table
   */
  static void multiplySignedFours(
      int[] table, int bias, int[] codes, long[] signs, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS
        || codes.length < RowShares.STREAMS * CODES_OF_FOUR
        || from + SuperBlockInput.BLOCK > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "activations from %d of %d, scratch of %d, %d entries, %d codes",
              from, x.length, scratch.length, table.length, codes.length));
    }
    boolean small = bias == SMALL_BIAS;
    IntVector code = IntVector.broadcast(INTS, small ? SMALL_CODE_BITS : CODE_BITS);
    IntVector one = IntVector.broadcast(INTS, small ? ONE_AT_18_BITS : ONE_AT_16_BITS);
    for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
      int xo = from + 64 * quarter;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALES, 16 * quarter);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v =
            IntVector.fromArray(INTS, table, 0, codes, CODES_OF_FOUR * row + 16 * quarter);
        v =
            v.reinterpretAsBytes()
                .sub(
                    v.lanewise(VectorOperators.LSHL, 1).reinterpretAsBytes(), // no bit 7 is set
                    VectorMask.fromLong(BYTES, signs[SIGNS * row + quarter]))
                .reinterpretAsInts();
        FloatVector p =
            v.lanewise(VectorOperators.LSHL, 16).and(code).or(one).reinterpretAsFloats().mul(x0);
        p = v.lanewise(VectorOperators.LSHL, 8).and(code).or(one).reinterpretAsFloats().fma(x1, p);
        p = v.and(code).or(one).reinterpretAsFloats().fma(x2, p);
        p = v.lanewise(VectorOperators.LSHR, 8).and(code).or(one).reinterpretAsFloats().fma(x3, p);
        int at = row * SuperBlockInput.SCALES;
        IntVector s = FloatVector.fromArray(FLOATS, scratch, ALL_SUMS + at).reinterpretAsInts();
        p.fma(
                scaleOf.selectFrom(s).reinterpretAsFloats(),
                FloatVector.fromArray(FLOATS, scratch, at))
            .intoArray(scratch, at);
      }
    }
  }
}
