package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Q5_K: sub-blocks of 32 codes of 5 bits, with a scale and a minimum each. The upper bits of
 * sub-block j are bit j of 32 bytes.
 */
final class GemvQ5_K extends GemvSuperKernel {
  private static final int[] SCALES = SuperBlockOrder.PAIRS_OF_32.scales();

  /** Bring bit j, for lanes 0 to 7 and 8 to 15, to bit 4. */
  private static final int[] ROTATIONS = SuperBlockOrder.halves(28, 30, 29, 31, 0, 2, 1, 3);

  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0x10101010);
  private static final VectorShuffle<Integer> TWICE = VectorShuffle.fromOp(INTS, lane -> lane % 8);
  private static final IntVector CODE = IntVector.broadcast(INTS, 0x001F0000);
  private static final IntVector ONE_AT_16 = IntVector.broadcast(INTS, 0x43000000);

  GemvQ5_K() {
    super(TensorType.Q5_K, SuperBlockOrder.PAIRS_OF_32);
  }

  @Override
  void decodeScales(
      MemorySegment w, long offset, long[] starts, float[] x, int from, float[] scratch) {
    SubScales.decode(w, offset, starts, x, from, 1f, scratch);
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
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        IntVector upper =
            IntVector.fromMemorySegment(INTS, w, o + 16, ORDER)
                .rearrange(TWICE)
                .lanewise(VectorOperators.ROR, rotations)
                .and(UPPER);
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + 48 + quarter / 2 * 64L, ORDER)
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
