package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q3_K, see {@link GemvNarrowQ3_K}, with integer activations. */
final class GemvNarrowQ3_KIntegers extends GemvNarrowIntegerKernel {
  private static final int BYTES_OF_BLOCK = 110;
  private static final int UPPER = 2 * NEXT_SCALE; // to the scales of the upper bits
  private static final float OFFSET = 4;
  private static final long LOWER_BITS = 0x0F0F0F0F_0F0F0F0FL;
  private static final int UPPER_BITS = 0x30303030;
  private static final long SIGNS = 0x20202020_20202020L;
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00070007);
  private static final IntVector FIRST_BIT = IntVector.broadcast(INTS, 0x01010101);
  private static final IntVector PAIR = IntVector.broadcast(INTS, 0x03030303);
  private static final IntVector SECOND_BIT = IntVector.broadcast(INTS, 0x02020202);

  private static final int[] CODES = places(BYTES_OF_BLOCK, step -> 32 + placeOfPair(step));
  private static final int[] BITS = places(BYTES_OF_BLOCK, step -> step * VECTOR_BYTES % 32);

  GemvNarrowQ3_KIntegers() {
    super(IntegerCodes.THREE_BITS_K, PackedFormat.Q3_K);
  }

  @Override
  void copyHeaders(
      MemorySegment w, long[] starts, int firstBlock, int blocks, MemorySegment headers) {
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long from = starts[row] + firstBlock * (long) BYTES_OF_BLOCK;
      for (int i = 0; i < blocks; i++) {
        long at = from + i * BYTES_OF_BLOCK;
        long low = w.get(LONG, at + 96);
        int high = w.get(INT, at + 104);
        long first = (long) (high << 2 & UPPER_BITS) << 32 | high << 4 & UPPER_BITS;
        long second = (long) (high >>> 2 & UPPER_BITS) << 32 | high & UPPER_BITS;
        float d = HalfTable.VALUES[w.get(SHORT, at + 108) & 0xFFFF];
        first = less32(low & LOWER_BITS | first);
        second = less32(low >>> 4 & LOWER_BITS | second);
        RowHeaders.set(headers, i, row, first, second, Float.floatToRawIntBits(d));
      }
    }
  }

  /** Subtracts 32 from eight bytes of 6 bits: bit 5 changes and is the sign. */
  private static long less32(long bytes) {
    long changed = bytes ^ SIGNS;
    long signs = changed & SIGNS;
    return changed | signs << 1 | signs << 2;
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
        headers, at, firstBlock, blocks, x.factors(), x.halfSums(), OFFSET, scratch, lane);
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
        int right = 2 * (i >>> PAIR_BITS) & 6; // a byte has bits of all steps
        IntVector h =
            IntVector.fromMemorySegment(INTS, w, start + BITS[i], ORDER)
                .lanewise(VectorOperators.LSHR, right);
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, start + CODES[i], ORDER)
                .lanewise(VectorOperators.LSHR, 2 * right & 4);
        IntVector c = v.and(PAIR).or(h.and(FIRST_BIT).lanewise(VectorOperators.LSHL, 2));
        IntVector p = c.mul(IntVector.fromArray(INTS, x, o));
        IntVector q =
            c.lanewise(VectorOperators.LSHR, 8)
                .and(EVEN)
                .mul(IntVector.fromArray(INTS, x, o + LANES));
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        c =
            v.lanewise(VectorOperators.LSHR, 2)
                .and(PAIR)
                .or(h.and(SECOND_BIT).lanewise(VectorOperators.LSHL, 1));
        p = c.mul(IntVector.fromArray(INTS, x, o + 2 * LANES));
        q =
            c.lanewise(VectorOperators.LSHR, 8)
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
