package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q6_K, see {@link GemvNarrowQ6_K}, with integer activations. */
final class GemvNarrowQ6_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 210;
  private static final int UPPER = 4 * NEXT_SCALE; // to the scales of the upper bits
  private static final IntVector OFFSETS = IntVector.broadcast(INTS, 0x20202020);
  private static final IntVector ODD_OFFSETS = IntVector.broadcast(INTS, 0x00200020);
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00FF00FF);
  private static final IntVector FIRST_PAIR = IntVector.broadcast(INTS, 0x03030303);
  private static final IntVector THIRD_PAIR = IntVector.broadcast(INTS, 0x30303030);

  private static final int[] CODES = places(BYTES_OF_BLOCK, step -> step * VECTOR_BYTES);
  private static final int[] BITS = places(BYTES_OF_BLOCK, step -> 128 + placeOfPair(step));

  GemvNarrowQ6_KIntegers() {
    super(IntegerCodes.SIX_BITS_K, PackedFormat.Q6_K);
  }

  @Override
  void copyHeaders(
      MemorySegment w, long[] starts, int firstBlock, int blocks, MemorySegment headers) {
    RowHeaders.signedBytes(w, starts, firstBlock * (long) BYTES_OF_BLOCK, blocks, headers);
  }

  @Override
  void decodeScales(
      MemorySegment headers,
      long at,
      int firstBlock,
      int blocks,
      NarrowIntegers x,
      float[] scratch,
      int lane) {
    PackedScales.signedBytes(
        headers, at, firstBlock, blocks, x.factors(), x.halfSums(), 0, scratch, lane);
  }

  @Override
  void multiplyCodes(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowIntegers input,
      float[] scratch) {
    int[] x = input.values();
    int from = firstBlock * (BLOCK / 2);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long start = starts[row] + firstBlock * (long) BYTES_OF_BLOCK;
      FloatVector first = FloatVector.fromArray(FLOATS, scratch, row * SUMS);
      FloatVector second = first; // its lanes that have the second scale of a vector
      int scale = SCALES + row;
      for (int i = 0; i < blocks * STEPS; i++) {
        int o = from + i * (STEP / 2);
        int right = i << 1 - PAIR_BITS & 2; // a byte has bits of two groups of steps
        IntVector v = IntVector.fromMemorySegment(INTS, w, start + CODES[i], ORDER);
        IntVector h =
            IntVector.fromMemorySegment(INTS, w, start + BITS[i], ORDER)
                .lanewise(VectorOperators.LSHR, right);
        IntVector c = v.and(LOWER).or(h.and(FIRST_PAIR).lanewise(VectorOperators.LSHL, 4));
        IntVector p = c.sub(OFFSETS).mul(IntVector.fromArray(INTS, x, o));
        IntVector q =
            c.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .sub(ODD_OFFSETS)
                .mul(IntVector.fromArray(INTS, x, o + LANES));
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        c = v.lanewise(VectorOperators.LSHR, 4).and(LOWER).or(h.and(THIRD_PAIR));
        p = c.sub(OFFSETS).mul(IntVector.fromArray(INTS, x, o + 2 * LANES));
        q =
            c.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .sub(ODD_OFFSETS)
                .mul(IntVector.fromArray(INTS, x, o + 3 * LANES));
        FloatVector high = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        int inHalf = i & (2 << PAIR_BITS) - 1; // of a half block of 64 weights
        int j = scale + ((i >>> PAIR_BITS + 1) * 8 + inHalf * (LANES / 4)) * NEXT_SCALE;
        first = low.fma(FloatVector.broadcast(FLOATS, scratch[j]), first);
        first = high.fma(FloatVector.broadcast(FLOATS, scratch[j + UPPER]), first);
        if (LANES == 8) {
          int k = j + NEXT_SCALE;
          second = low.fma(FloatVector.broadcast(FLOATS, scratch[k]), second);
          second = high.fma(FloatVector.broadcast(FLOATS, scratch[k + UPPER]), second);
        }
      }
      first.blend(second, SECOND_SCALE).intoArray(scratch, row * SUMS);
    }
  }
}
