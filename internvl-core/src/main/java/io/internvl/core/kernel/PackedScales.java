package io.internvl.core.kernel;

import static io.internvl.core.kernel.PackedFormat.WORD;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decodes the scales of packed rows, times the factors of the activations, and subtracts from the
 * sums what offsets and minima contribute. Halves become floats as in {@link GemvF16}.
 */
final class PackedScales {
  private static final IntVector MAGNITUDE = IntVector.broadcast(INTS, 0x0FFFE000);
  private static final IntVector REBIAS = IntVector.broadcast(INTS, 96 << 23);
  private static final IntVector SIGN = IntVector.broadcast(INTS, 0x80000000);
  private static final FloatVector TWO = FloatVector.broadcast(FLOATS, 2f);
  private static final FloatVector SUBNORMAL = FloatVector.broadcast(FLOATS, -0x1p-30f);
  private static final float HALF_FACTOR = 0x1p16f; // of what comes out

  private static final IntVector SIX_BITS = IntVector.broadcast(INTS, 0x3F3F3F3F);
  private static final IntVector LOW_BITS = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector HIGH_BITS = IntVector.broadcast(INTS, 0x30303030);
  private static final IntVector BYTE = IntVector.broadcast(INTS, 0xFF);
  private static final IntVector NIBBLE = IntVector.broadcast(INTS, 0xF);

  private PackedScales() {}

  /**
   * A half-precision scale for each block of 32. Where the number of blocks is odd, the token has a
   * factor and a sum of zero for one more, and the last word no scale.
   *
   * @param w packed rows
   * @param at where the scales of a vector of rows start
   * @param first index of the first block, even
   * @param count number of blocks
   * @param factors of the token, for each 32 elements
   * @param sums of the token
   * @param offset what is subtracted from codes
   * @param scratch sums of the rows, from the lane on, receives the scales (scales, 2, LANES)
   * @param lane 0, or LANES for the second vector of rows
   */
  static void halves(
      MemorySegment w,
      long at,
      int first,
      int count,
      float[] factors,
      float[] sums,
      float offset,
      float[] scratch,
      int lane) {
    int even = count + count % 2;
    int end = first + even;
    int room = lane + (1 + 2 * even) * LANES; // the check makes it too long to be inlined, too
    if (first < 0 || end > factors.length || end > sums.length || room > scratch.length) {
      throw new IllegalArgumentException(
          String.format(
              "blocks %d to %d of %d factors and %d sums, %d floats of %d",
              first, end, factors.length, sums.length, room, scratch.length));
    }
    FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lane);
    for (int i = 0; i < count; i += 2) { // a word has the scales of two blocks
      int to = lane + (1 + i) * 2 * LANES;
      IntVector v =
          IntVector.fromMemorySegment(INTS, w, at + (long) (first + i >> 1) * WORD, ORDER);
      IntVector h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector d = v.and(SIGN).or(h).reinterpretAsFloats();
      d.mul(HALF_FACTOR * factors[first + i + 1]).intoArray(scratch, to + 2 * LANES);
      sum = d.fma(FloatVector.broadcast(FLOATS, -HALF_FACTOR * offset * sums[first + i + 1]), sum);
      v = v.lanewise(VectorOperators.LSHL, 16);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      d = v.and(SIGN).or(h).reinterpretAsFloats();
      d.mul(HALF_FACTOR * factors[first + i]).intoArray(scratch, to);
      sum = d.fma(FloatVector.broadcast(FLOATS, -HALF_FACTOR * offset * sums[first + i]), sum);
    }
    sum.intoArray(scratch, lane);
  }

  /**
   * A half-precision scale and a minimum, which is added, for each block of 32.
   *
   * @param w packed rows
   * @param at where the scales of a vector of rows start
   * @param first index of the first block
   * @param count number of blocks
   * @param factors of the token, for each 32 elements
   * @param sums of the token
   * @param scratch sums of the rows, from the lane on, receives the scales (scales, 2, LANES)
   * @param lane 0, or LANES for the second vector of rows
   */
  static void halfPairs(
      MemorySegment w,
      long at,
      int first,
      int count,
      float[] factors,
      float[] sums,
      float[] scratch,
      int lane) {
    int end = first + count;
    int room = lane + (1 + 2 * count) * LANES; // the check makes it too long to be inlined, too
    if (first < 0 || end > factors.length || end > sums.length || room > scratch.length) {
      throw new IllegalArgumentException(
          String.format(
              "blocks %d to %d of %d factors and %d sums, %d floats of %d",
              first, end, factors.length, sums.length, room, scratch.length));
    }
    FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lane);
    for (int i = 0; i < count; i++) {
      int to = lane + (1 + i) * 2 * LANES;
      IntVector v = IntVector.fromMemorySegment(INTS, w, at + (long) (first + i) * WORD, ORDER);
      IntVector h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector m = v.and(SIGN).or(h).reinterpretAsFloats();
      sum = m.fma(FloatVector.broadcast(FLOATS, HALF_FACTOR * sums[first + i]), sum);
      v = v.lanewise(VectorOperators.LSHL, 16);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector d = v.and(SIGN).or(h).reinterpretAsFloats();
      d.mul(HALF_FACTOR * factors[first + i]).intoArray(scratch, to);
    }
    sum.intoArray(scratch, lane);
  }

  /**
   * The scales of Q4_K and Q5_K: eight of six bits, and a half-precision factor; {@link SubScales}
   * describes them.
   *
   * @param w packed rows
   * @param at where the scales of a vector of rows start
   * @param first index of the first super-block
   * @param count number of super-blocks
   * @param factors of the token, for each 32 elements
   * @param scratch from the lane on, behind the sums, receives the scales (scales, 2, LANES)
   * @param lane 0, or LANES for the second vector of rows
   */
  static void sixBits(
      MemorySegment w, long at, int first, int count, float[] factors, float[] scratch, int lane) {
    for (int i = 0; i < count; i++) {
      long o = at + (first + i) * 4L * WORD;
      IntVector v =
          IntVector.fromMemorySegment(INTS, w, o, ORDER).lanewise(VectorOperators.LSHL, 16);
      IntVector h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector d = v.and(SIGN).or(h).reinterpretAsFloats().mul(HALF_FACTOR);
      IntVector scales = IntVector.fromMemorySegment(INTS, w, o + WORD, ORDER);
      IntVector low = IntVector.fromMemorySegment(INTS, w, o + 3 * WORD, ORDER).and(LOW_BITS);
      IntVector high = scales.lanewise(VectorOperators.LSHR, 2).and(HIGH_BITS).or(low);
      scales = scales.and(SIX_BITS);
      for (int j = 0; j < 4; j++) { // four scales are the bytes of a word
        int block = 8 * (first + i) + j;
        int to = lane + (1 + 8 * i + j) * 2 * LANES;
        ((FloatVector) scales.and(BYTE).convert(VectorOperators.I2F, 0))
            .mul(d)
            .mul(factors[block])
            .intoArray(scratch, to);
        ((FloatVector) high.and(BYTE).convert(VectorOperators.I2F, 0))
            .mul(d)
            .mul(factors[block + 4])
            .intoArray(scratch, to + 8 * LANES);
        scales = scales.lanewise(VectorOperators.LSHR, 8);
        high = high.lanewise(VectorOperators.LSHR, 8);
      }
    }
  }

  /**
   * Subtracts what the minima of Q4_K and Q5_K contribute.
   *
   * @param w packed rows
   * @param at where the scales of a vector of rows start
   * @param first index of the first super-block
   * @param count number of super-blocks
   * @param sums of the token, for each 32 elements
   * @param scratch sums of the rows, from the lane on
   * @param lane 0, or LANES for the second vector of rows
   */
  static void sixBitMinima(
      MemorySegment w, long at, int first, int count, float[] sums, float[] scratch, int lane) {
    FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lane);
    for (int i = 0; i < count; i++) {
      long o = at + (first + i) * 4L * WORD;
      IntVector v = IntVector.fromMemorySegment(INTS, w, o, ORDER);
      IntVector h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector m = v.and(SIGN).or(h).reinterpretAsFloats().mul(-HALF_FACTOR);
      IntVector minima = IntVector.fromMemorySegment(INTS, w, o + 2 * WORD, ORDER);
      IntVector high =
          IntVector.fromMemorySegment(INTS, w, o + 3 * WORD, ORDER)
              .lanewise(VectorOperators.LSHR, 4)
              .and(LOW_BITS)
              .or(minima.lanewise(VectorOperators.LSHR, 2).and(HIGH_BITS));
      minima = minima.and(SIX_BITS);
      for (int j = 0; j < 4; j++) {
        int block = 8 * (first + i) + j;
        FloatVector low = (FloatVector) minima.and(BYTE).convert(VectorOperators.I2F, 0);
        sum = low.mul(m).fma(FloatVector.broadcast(FLOATS, sums[block]), sum);
        FloatVector upper = (FloatVector) high.and(BYTE).convert(VectorOperators.I2F, 0);
        sum = upper.mul(m).fma(FloatVector.broadcast(FLOATS, sums[block + 4]), sum);
        minima = minima.lanewise(VectorOperators.LSHR, 8);
        high = high.lanewise(VectorOperators.LSHR, 8);
      }
    }
    sum.intoArray(scratch, lane);
  }

  /**
   * A signed byte for each sixteen weights, and a factor for each 256.
   *
   * @param w packed rows
   * @param at where the scales of a vector of rows start
   * @param first index of the first super-block
   * @param count number of super-blocks
   * @param factors of the token, for each 32 elements
   * @param sums of the token, for each sixteen elements
   * @param offset what is subtracted from codes
   * @param scratch sums of the rows, from the lane on, receives the scales (scales, 2, LANES)
   * @param lane 0, or LANES for the second vector of rows
   */
  static void signedBytes(
      MemorySegment w,
      long at,
      int first,
      int count,
      float[] factors,
      float[] sums,
      float offset,
      float[] scratch,
      int lane) {
    FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lane);
    for (int i = 0; i < count; i++) {
      long o = at + (first + i) * 5L * WORD;
      FloatVector d =
          IntVector.fromMemorySegment(INTS, w, o + 4 * WORD, ORDER).reinterpretAsFloats();
      for (int word = 0; word < 4; word++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, o + (long) word * WORD, ORDER);
        for (int part = 0; part < 4; part++) {
          int j = 16 * (first + i) + 4 * word + part;
          IntVector s = v.lanewise(VectorOperators.LSHL, 24 - 8 * part);
          FloatVector scale =
              ((FloatVector) s.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                  .mul(d);
          sum = scale.fma(FloatVector.broadcast(FLOATS, -offset * sums[j]), sum);
          scale
              .mul(factors[j >> 1])
              .intoArray(scratch, lane + (1 + 16 * i + 4 * word + part) * 2 * LANES);
        }
      }
    }
    sum.intoArray(scratch, lane);
  }

  /**
   * The scales and minima of Q2_K: four bits each, for sixteen weights.
   *
   * @param w packed rows
   * @param at where the scales of a vector of rows start
   * @param first index of the first super-block
   * @param count number of super-blocks
   * @param factors of the token, for each 32 elements
   * @param sums of the token, for each sixteen elements
   * @param scratch sums of the rows, from the lane on, receives the scales (scales, 2, LANES)
   * @param lane 0, or LANES for the second vector of rows
   */
  static void nibblePairs(
      MemorySegment w,
      long at,
      int first,
      int count,
      float[] factors,
      float[] sums,
      float[] scratch,
      int lane) {
    FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lane);
    for (int i = 0; i < count; i++) {
      long o = at + (first + i) * 5L * WORD;
      IntVector v = IntVector.fromMemorySegment(INTS, w, o + 4 * WORD, ORDER);
      IntVector h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector m = v.and(SIGN).or(h).reinterpretAsFloats().mul(-HALF_FACTOR);
      v = v.lanewise(VectorOperators.LSHL, 16);
      h = v.lanewise(VectorOperators.LSHR, 3).and(MAGNITUDE).or(REBIAS);
      h = h.min(h.reinterpretAsFloats().fma(TWO, SUBNORMAL).reinterpretAsInts());
      FloatVector d = v.and(SIGN).or(h).reinterpretAsFloats().mul(HALF_FACTOR);
      for (int word = 0; word < 4; word++) {
        IntVector pairs = IntVector.fromMemorySegment(INTS, w, o + (long) word * WORD, ORDER);
        for (int part = 0; part < 4; part++) {
          int j = 16 * (first + i) + 4 * word + part;
          FloatVector minimum =
              (FloatVector)
                  pairs
                      .lanewise(VectorOperators.LSHR, 4)
                      .and(NIBBLE)
                      .convert(VectorOperators.I2F, 0);
          sum = minimum.mul(m).fma(FloatVector.broadcast(FLOATS, sums[j]), sum);
          ((FloatVector) pairs.and(NIBBLE).convert(VectorOperators.I2F, 0))
              .mul(d)
              .mul(factors[j >> 1])
              .intoArray(scratch, lane + (1 + 16 * i + 4 * word + part) * 2 * LANES);
          pairs = pairs.lanewise(VectorOperators.LSHR, 8);
        }
      }
    }
    sum.intoArray(scratch, lane);
  }
}
