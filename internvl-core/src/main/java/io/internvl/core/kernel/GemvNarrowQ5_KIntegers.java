package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q5_K, see {@link GemvNarrowQ5_K}, with integer activations. */
final class GemvNarrowQ5_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 176;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00FF00FF);
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector FIRST = IntVector.broadcast(INTS, 0x01010101);
  private static final IntVector SECOND = IntVector.broadcast(INTS, 0x02020202);

  private static final int[] CODES = places(BYTES_OF_BLOCK, step -> 48 + step * VECTOR_BYTES);
  private static final int[] BITS = places(BYTES_OF_BLOCK, step -> 16 + step * VECTOR_BYTES % 32);

  GemvNarrowQ5_KIntegers() {
    super(IntegerCodes.FIVE_BITS_K, PackedFormat.Q5_K);
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
        int right = 2 * (i >>> PAIR_BITS) & 6; // a byte has bits of all steps
        FloatVector s = FloatVector.broadcast(FLOATS, scratch[j]);
        FloatVector t = FloatVector.broadcast(FLOATS, scratch[j + NEXT_SCALE]);
        IntVector v = IntVector.fromMemorySegment(INTS, w, start + CODES[i], ORDER);
        IntVector h =
            IntVector.fromMemorySegment(INTS, w, start + BITS[i], ORDER)
                .lanewise(VectorOperators.LSHR, right);
        IntVector c = v.and(LOWER).or(h.and(FIRST).lanewise(VectorOperators.LSHL, 4));
        IntVector p = c.and(EVEN).mul(IntVector.fromArray(INTS, x, o));
        IntVector q =
            c.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + LANES));
        FloatVector sum =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .add((FloatVector) q.convert(VectorOperators.I2F, 0));
        lower = sum.fma(s, lower);
        c =
            v.lanewise(VectorOperators.LSHR, 4)
                .and(LOWER)
                .or(h.and(SECOND).lanewise(VectorOperators.LSHL, 3));
        p = c.and(EVEN).mul(IntVector.fromArray(INTS, x, o + 2 * LANES));
        q =
            c.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + 3 * LANES));
        sum =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .add((FloatVector) q.convert(VectorOperators.I2F, 0));
        upper = sum.fma(t, upper);
      }
      lower.add(upper).intoArray(scratch, row * SUMS);
    }
  }
}
