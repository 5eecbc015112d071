package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q6_K: sixteen scales for 16 codes of 6 bits, offset 32. Their upper bits are pairs of bits of 32
 * bytes for 128 codes.
 */
final class GemvQ6_K extends GemvSuperKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int[] SCALES = SuperBlockOrder.PAIRS_OF_64.scales();

  /** Bring the pairs of bits of lanes 0 to 7 and 8 to 15 to bits 4 and 5. */
  private static final int[] ROTATIONS = SuperBlockOrder.halves(28, 30, 0, 2, 28, 30, 0, 2);

  /** Lanes of the upper bits: 0 to 7 twice for the first half, 8 to 15 twice for the second. */
  private static final int[] UPPER_LANES = new int[SuperBlockOrder.QUARTERS * 16];

  static {
    for (int i = 0; i < UPPER_LANES.length; i++) {
      UPPER_LANES[i] = i / 32 * 8 + i % 8;
    }
  }

  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0x30303030);
  private static final FloatVector OFFSETS =
      FloatVector.broadcast(FLOATS, SuperBlockInput.OFFSET + 32f);
  private static final IntVector CODE = IntVector.broadcast(INTS, 0x003F0000);
  private static final IntVector ONE_AT_16 = IntVector.broadcast(INTS, 0x43000000);

  GemvQ6_K() {
    super(TensorType.Q6_K, SuperBlockOrder.PAIRS_OF_64);
  }

  @Override
  void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    FloatVector shift = FloatVector.fromArray(FLOATS, x, from).mul(OFFSETS);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      FloatVector s =
          ((FloatVector)
                  ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 192, ORDER)
                      .convertShape(VectorOperators.B2F, FLOATS, 0))
              .mul(HalfTable.VALUES[w.get(SHORT, o + 208) & 0xFFFF]);
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
      int shift = quarter % 2 * 4;
      IntVector rotations = IntVector.fromArray(INTS, ROTATIONS, 16 * quarter);
      IntVector upperLanes = IntVector.fromArray(INTS, UPPER_LANES, 16 * quarter);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        IntVector upper =
            upperLanes
                .selectFrom(IntVector.fromMemorySegment(INTS, w, o + 128, ORDER))
                .lanewise(VectorOperators.ROR, rotations)
                .and(UPPER);
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + quarter / 2 * 64L, ORDER)
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
