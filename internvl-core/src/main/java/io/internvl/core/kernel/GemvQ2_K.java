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
import jdk.incubator.vector.VectorOperators;

/** Q2_K: sixteen scales and minima of 4 bits for 16 codes of 2 bits. */
final class GemvQ2_K extends GemvSuperKernel {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int[] SCALES = SuperBlockOrder.FOURS_OF_32.scales();

  // Byte j of the header has its own lane: scale and minimum j.
  private static final IntVector WORDS =
      IntVector.zero(INTS).addIndex(1).lanewise(VectorOperators.LSHR, 2);
  private static final IntVector SHIFTS = IntVector.zero(INTS).addIndex(8).and(31);
  private static final IntVector LOWER = IntVector.broadcast(INTS, 15);

  private static final FloatVector OFFSETS = FloatVector.broadcast(FLOATS, SuperBlockInput.OFFSET);
  private static final IntVector CODE = IntVector.broadcast(INTS, 0x00030000);
  private static final IntVector ONE_AT_16 = IntVector.broadcast(INTS, 0x43000000);

  GemvQ2_K() {
    super(TensorType.Q2_K, SuperBlockOrder.FOURS_OF_32);
  }

  @Override
  void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    if (scratch.length < 2 * ALL_SUMS || from + SuperBlockInput.SCALES > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "sums %d of %d, %d rows from %d to %d, block at %d of %d bytes, scratch of %d",
              from,
              x.length,
              starts.length,
              starts[0],
              starts[RowShares.STREAMS - 1],
              offset,
              w.byteSize(),
              scratch.length));
    }
    FloatVector sums = FloatVector.fromArray(FLOATS, x, from);
    FloatVector shift = sums.mul(OFFSETS);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      IntVector header = IntVector.fromMemorySegment(INTS, w, o, ORDER); // and some codes
      IntVector both = WORDS.selectFrom(header).lanewise(VectorOperators.LSHR, SHIFTS);
      int halves = w.get(INT, o + 80);
      FloatVector s =
          ((FloatVector) both.and(LOWER).convert(VectorOperators.I2F, 0))
              .mul(HalfTable.VALUES[halves & 0xFFFF]);
      FloatVector minima =
          ((FloatVector)
                  both.lanewise(VectorOperators.LSHR, 4).and(LOWER).convert(VectorOperators.I2F, 0))
              .mul(HalfTable.VALUES[halves >>> 16]);
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at)
          .sub(s.mul(shift))
          .sub(minima.mul(sums))
          .intoArray(scratch, at);
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
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + 16, ORDER)
                .lanewise(VectorOperators.LSHR, shift);
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
