package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Q3_K: sixteen scales of 6 bits for 16 codes of 3 bits, offset 4. The upper bits of 32 codes are
 * one bit of 32 bytes.
 */
final class GemvQ3_K extends GemvSuperKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int[] SCALES = SuperBlockOrder.FOURS_OF_32.scales();

  /** Bring the bits of lanes 0 to 7 and 8 to 15 to bit 2. */
  private static final int[] ROTATIONS = SuperBlockOrder.halves(30, 2, 31, 3, 0, 4, 1, 5);

  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x03030303);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0x04040404);
  private static final VectorShuffle<Integer> TWICE = VectorShuffle.fromOp(INTS, lane -> lane % 8);
  private static final FloatVector OFFSETS =
      FloatVector.broadcast(FLOATS, SuperBlockInput.OFFSET + 4f);

  // The scales are lower four bits in the words u0 and u1, upper two bits in u2.
  private static final VectorShuffle<Integer> LOW_WORDS =
      VectorShuffle.fromValues(IntVector.SPECIES_128, 1, 2, 1, 2);
  private static final VectorMask<Integer> UPPER_HALVES =
      VectorMask.fromLong(IntVector.SPECIES_128, 0b1100);
  private static final IntVector HIGH_SHIFTS = ints(0, 2, 4, 6);
  private static final VectorShuffle<Integer> HIGH_WORD =
      VectorShuffle.fromValues(IntVector.SPECIES_128, 3, 3, 3, 3);
  private static final IntVector LOW_MASK = IntVector.broadcast(IntVector.SPECIES_128, 0x0F0F0F0F);
  private static final IntVector HIGH_MASK = IntVector.broadcast(IntVector.SPECIES_128, 0x03030303);
  private static final FloatVector MIDDLE = FloatVector.broadcast(FLOATS, 32f);
  private static final IntVector CODE = IntVector.broadcast(INTS, 0x00070000);
  private static final IntVector ONE_AT_16 = IntVector.broadcast(INTS, 0x43000000);

  private static IntVector ints(int... values) {
    return IntVector.fromArray(IntVector.SPECIES_128, values, 0);
  }

  GemvQ3_K() {
    super(TensorType.Q3_K, SuperBlockOrder.FOURS_OF_32);
  }

  @Override
  void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS || from + SuperBlockInput.SCALES > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "sums %d of %d, %d rows from %d, block at %d of %d bytes, scratch of %d",
              from, x.length, starts.length, starts[0], offset, w.byteSize(), scratch.length));
    }
    FloatVector shift = FloatVector.fromArray(FLOATS, x, from).mul(OFFSETS);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      IntVector header = IntVector.fromMemorySegment(IntVector.SPECIES_128, w, o + 92, ORDER);
      IntVector words = header.rearrange(LOW_WORDS);
      IntVector low =
          words.blend(words.lanewise(VectorOperators.LSHR, 4), UPPER_HALVES).and(LOW_MASK);
      IntVector high =
          header
              .rearrange(HIGH_WORD)
              .lanewise(VectorOperators.LSHR, HIGH_SHIFTS)
              .and(HIGH_MASK)
              .lanewise(VectorOperators.LSHL, 4);
      FloatVector s =
          ((FloatVector)
                  low.or(high).reinterpretAsBytes().convertShape(VectorOperators.B2F, FLOATS, 0))
              .sub(MIDDLE)
              .mul(HalfTable.VALUES[w.get(SHORT, o + 108) & 0xFFFF]);
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at).sub(s.mul(shift)).intoArray(scratch, at);
    }
  }

  @Override
  void multiplyCodes(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
      int xo = from + 64 * quarter;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALES, 16 * quarter);
      int shift = 2 * quarter;
      IntVector rotations = IntVector.fromArray(INTS, ROTATIONS, 16 * quarter);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        IntVector upper =
            IntVector.fromMemorySegment(INTS, w, o, ORDER)
                .rearrange(TWICE)
                .lanewise(VectorOperators.ROR, rotations)
                .and(UPPER);
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + 32, ORDER)
                .lanewise(VectorOperators.LSHR, shift)
                .and(LOWER)
                .or(upper);
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
}
