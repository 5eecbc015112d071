package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_K, see {@link GemvNarrowQ4_K}, with integer activations. */
final class GemvNarrowQ4_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 144;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x000F000F);

  private static final int[] CODES = places(BYTES_OF_BLOCK, step -> 16 + step * VECTOR_BYTES);

  GemvNarrowQ4_KIntegers() {
    super(IntegerCodes.FOUR_BITS_K, PackedFormat.Q4_K);
  }

  @Override
  int mostTokens() {
    return 5;
  }

  @Override
  void copyHeaders(
      MemorySegment w, long[] starts, int firstBlock, int blocks, MemorySegment headers) {
    long offset = firstBlock * (long) BYTES_OF_BLOCK;
    RowHeaders.sixBits(w, starts, offset, BYTES_OF_BLOCK, blocks, headers);
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
    PackedScales.sixBits(headers, at, firstBlock, blocks, x.factors(), scratch, lane);
    PackedScales.sixBitMinima(headers, at, firstBlock, blocks, x.sums(), scratch, lane);
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
      FloatVector lower = FloatVector.fromArray(FLOATS, scratch, row * SUMS);
      FloatVector upper = FloatVector.zero(FLOATS);
      int scale = SCALES + row;
      for (int i = 0; i < blocks * STEPS; i++) {
        int o = from + i * (STEP / 2);
        int j = scale + (i >>> PAIR_BITS) * (2 * NEXT_SCALE);
        FloatVector s = FloatVector.broadcast(FLOATS, scratch[j]);
        FloatVector t = FloatVector.broadcast(FLOATS, scratch[j + NEXT_SCALE]);
        long at = start + CODES[i];
        IntVector v = IntVector.fromMemorySegment(INTS, w, at, ORDER);
        IntVector p = v.and(EVEN).mul(IntVector.fromArray(INTS, x, o));
        IntVector q =
            v.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + LANES));
        lower = ((FloatVector) p.add(q).convert(VectorOperators.I2F, 0)).fma(s, lower);
        p =
            v.lanewise(VectorOperators.LSHR, 4)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + 2 * LANES));
        q =
            v.lanewise(VectorOperators.LSHR, 12)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + 3 * LANES));
        upper = ((FloatVector) p.add(q).convert(VectorOperators.I2F, 0)).fma(t, upper);
      }
      lower.add(upper).intoArray(scratch, row * SUMS);
    }
  }
}
