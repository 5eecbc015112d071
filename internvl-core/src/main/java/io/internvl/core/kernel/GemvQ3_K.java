package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.ints;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
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

  // Scale j has its own lane. The words u0, u1 and u2 are the last of 64 bytes from here on.
  private static final long SCALE_WORDS = 44;
  private static final IntVector LOW_WORDS =
      ints(13, 13, 13, 13, 14, 14, 14, 14, 13, 13, 13, 13, 14, 14, 14, 14);
  private static final IntVector LOW_SHIFTS =
      ints(0, 8, 16, 24, 0, 8, 16, 24, 4, 12, 20, 28, 4, 12, 20, 28);
  private static final IntVector LOW_MASK = IntVector.broadcast(INTS, 15);
  private static final IntVector HIGH_WORD = IntVector.broadcast(INTS, 15);

  /** Bring bits 2 (j / 4) of byte j % 4 to bit 4. */
  private static final IntVector HIGH_ROTATIONS =
      ints(28, 4, 12, 20, 30, 6, 14, 22, 0, 8, 16, 24, 2, 10, 18, 26);

  private static final IntVector HIGH_MASK = IntVector.broadcast(INTS, 48);
  private static final FloatVector MIDDLE = FloatVector.broadcast(FLOATS, 32f);
  private static final IntVector CODE = IntVector.broadcast(INTS, 0x00070000);
  private static final IntVector ONE_AT_16 = IntVector.broadcast(INTS, 0x43000000);

  GemvQ3_K() {
    super(TensorType.Q3_K, SuperBlockOrder.FOURS_OF_32);
  }

  @Override
  void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS || from + SuperBlockInput.SCALES > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "sums %d to %d of %d, %d rows from %d to %d, block at %d of %d bytes, scratch of %d",
              from,
              from + SuperBlockInput.SCALES,
              x.length,
              starts.length,
              starts[0],
              starts[RowShares.STREAMS - 1],
              offset,
              w.byteSize(),
              scratch.length));
    }
    FloatVector shift = FloatVector.fromArray(FLOATS, x, from).mul(OFFSETS);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      IntVector header = IntVector.fromMemorySegment(INTS, w, o + SCALE_WORDS, ORDER);
      IntVector low =
          LOW_WORDS.selectFrom(header).lanewise(VectorOperators.LSHR, LOW_SHIFTS).and(LOW_MASK);
      IntVector high =
          HIGH_WORD.selectFrom(header).lanewise(VectorOperators.ROR, HIGH_ROTATIONS).and(HIGH_MASK);
      FloatVector s =
          ((FloatVector) low.or(high).convert(VectorOperators.I2F, 0))
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
