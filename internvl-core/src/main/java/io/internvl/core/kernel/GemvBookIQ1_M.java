package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ints;

import io.internvl.core.quant.Codebooks;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * IQ1_M: 32 indices of 8 and 3 bits, each with an eighth that is added or taken, sixteen scales of
 * 3 bits.
 */
final class GemvBookIQ1_M extends GemvBookKernel {
  private static final long[] TABLE = table();

  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_512;

  // Four lanes for each of four words, two in the first half of a vector and two in the second.
  private static final VectorMask<Long> SECOND_HALF = VectorMask.fromLong(LONGS, 0xF0);
  private static final IntVector INDICES = ints(0, 0, 0, 0, 1, 1, 1, 1, 8, 8, 8, 8, 9, 9, 9, 9);

  /** Eight lanes for each of two words. */
  private static final IntVector EIGHT_LANES = ints(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);

  /** Bring four bits of each index to bit 8. */
  private static final IntVector NIBBLES =
      ints(24, 28, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20);

  private static final IntVector UPPER_BITS = IntVector.broadcast(INTS, 0xF00);

  /** Bring scale j, of four in each sixteen bits, to bit 1. */
  private static final IntVector ROTATIONS =
      ints(31, 2, 5, 8, 15, 18, 21, 24, 31, 2, 5, 8, 15, 18, 21, 24);

  private static final IntVector FACTOR_BITS = IntVector.broadcast(INTS, 14);
  private static final IntVector ONE = IntVector.broadcast(INTS, 1);

  /** The entries of IQ1_S with an eighth added, then those with an eighth taken, times eight. */
  private static long[] table() {
    float[] values = Codebooks.iq1();
    float[] shifted = new float[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      shifted[i] = values[i] + 0.125f;
      shifted[values.length + i] = values[i] - 0.125f;
    }
    return BookProducts.eights(shifted, 8, BookProducts.SMALL_BIAS);
  }

  GemvBookIQ1_M() {
    super(TensorType.IQ1_M);
  }

  @Override
  void unpack(
      MemorySegment w,
      long offset,
      long[] starts,
      float[] x,
      int from,
      float[] scratch,
      int[] codes,
      long[] signs) {
    FloatVector sums = FloatVector.fromArray(FLOATS, x, from);
    FloatVector shift = sums.mul(BookProducts.SMALL_OFFSET);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      int to = CODES_OF_EIGHT * row;
      long scales = w.get(LONG, o + 48); // in the top nibbles of its four words: d
      for (int half = 0; half < 2; half++) {
        LongVector low = LongVector.broadcast(LONGS, w.get(LONG, o + 16 * half));
        IntVector v =
            low.blend(LongVector.broadcast(LONGS, w.get(LONG, o + 8 + 16 * half)), SECOND_HALF)
                .reinterpretAsInts();
        IntVector upper =
            EIGHT_LANES
                .selectFrom(
                    LongVector.broadcast(LONGS, w.get(LONG, o + 32 + 8 * half)).reinterpretAsInts())
                .lanewise(VectorOperators.ROR, NIBBLES)
                .and(UPPER_BITS);
        INDICES
            .selectFrom(v)
            .lanewise(VectorOperators.LSHR, EIGHTS)
            .and(BYTE_BITS)
            .or(upper)
            .intoArray(codes, to + 16 * half);
      }
      IntVector factors =
          EIGHT_LANES
              .selectFrom(LongVector.broadcast(LONGS, scales).reinterpretAsInts())
              .lanewise(VectorOperators.ROR, ROTATIONS)
              .and(FACTOR_BITS)
              .or(ONE);
      int d =
          (int)
              (scales >>> 12 & 0xF
                  | scales >>> 24 & 0xF0
                  | scales >>> 36 & 0xF00
                  | scales >>> 48 & 0xF000);
      FloatVector s =
          ((FloatVector) factors.convert(VectorOperators.I2F, 0)).mul(0.125f * HalfTable.VALUES[d]);
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at).sub(s.mul(shift)).intoArray(scratch, at);
    }
  }

  @Override
  void multiply(WorkerScratch mine, float[] x, int from, float[] scratch) {
    BookProducts.lookUp(TABLE, mine.codes(), mine.entries());
    BookProducts.multiplyEights(mine.entries(), x, from, scratch);
  }
}
