package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q2_K, see {@link GemvNarrowQ2_K}, with integer activations. */
final class GemvNarrowQ2_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 84;
  private static final int UPPER = 2 * NEXT_SCALE; // to the scales of the upper bits
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00030003);

  private static final int[] CODES = places(BYTES_OF_BLOCK, step -> 16 + placeOfPair(step));

  GemvNarrowQ2_KIntegers() {
    super(IntegerCodes.TWO_BITS_K, PackedFormat.Q2_K);
  }

  @Override
  void copyHeaders(
      MemorySegment w, long[] starts, int firstBlock, int blocks, MemorySegment headers) {
    RowHeaders.nibblePairs(w, starts, firstBlock * (long) BYTES_OF_BLOCK, blocks, headers);
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
    PackedScales.nibblePairs(
        headers, at, firstBlock, blocks, x.factors(), x.halfSums(), scratch, lane);
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
        int right = i << 2 - PAIR_BITS & 4; // a byte has codes of two groups of steps
        long at = start + CODES[i];
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, at, ORDER).lanewise(VectorOperators.LSHR, right);
        IntVector p = v.and(EVEN).mul(IntVector.fromArray(INTS, x, o));
        IntVector q =
            v.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + LANES));
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        p =
            v.lanewise(VectorOperators.LSHR, 2)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + 2 * LANES));
        q =
            v.lanewise(VectorOperators.LSHR, 10)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + 3 * LANES));
        FloatVector high = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        int inHalf = i & (1 << PAIR_BITS) - 1; // of a half block of 32 weights
        int j = scale + ((i >>> PAIR_BITS) * 4 + inHalf) * NEXT_SCALE;
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
