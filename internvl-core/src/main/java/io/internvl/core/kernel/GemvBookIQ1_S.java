package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.ints;

import io.internvl.core.quant.Codebooks;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * IQ1_S: eight groups of four indices of 8 and 3 bits, a scale, and an eighth that is added or
 * taken.
 */
final class GemvBookIQ1_S extends GemvBookKernel {
  private static final long[] TABLE =
      BookProducts.eights(Codebooks.iq1(), 8, BookProducts.SMALL_BIAS);

  /** An eighth, with a factor of eight. */
  private static final int DELTA = 1;

  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_128;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_512;

  // Four lanes for each of four words, two in the first half of a vector and two in the second.
  private static final VectorMask<Long> SECOND_HALF = VectorMask.fromLong(LONGS, 0xF0);
  private static final IntVector INDICES = ints(0, 0, 0, 0, 1, 1, 1, 1, 8, 8, 8, 8, 9, 9, 9, 9);

  /** Bring three bits of each index to bit 8. */
  private static final IntVector ROTATIONS =
      ints(24, 27, 30, 1, 24, 27, 30, 1, 24, 27, 30, 1, 24, 27, 30, 1);

  private static final IntVector UPPER_BITS = IntVector.broadcast(INTS, 0x700);

  /** Two lanes for the scale of each group. */
  private static final IntVector GROUPS = ints(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);

  private static final IntVector FACTOR_BITS = IntVector.broadcast(INTS, 14);
  private static final IntVector ONE = IntVector.broadcast(INTS, 1);
  private static final IntVector SIGN = IntVector.broadcast(INTS, 0x80000000);
  private static final IntVector DELTA_BITS =
      IntVector.broadcast(INTS, Float.floatToRawIntBits(DELTA));

  GemvBookIQ1_S() {
    super(TensorType.IQ1_S);
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
      IntVector words =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, w, o + 34, ORDER)
                  .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
      for (int half = 0; half < 2; half++) {
        LongVector low = LongVector.broadcast(LONGS, w.get(LONG, o + 2 + 16 * half));
        IntVector v =
            low.blend(LongVector.broadcast(LONGS, w.get(LONG, o + 10 + 16 * half)), SECOND_HALF)
                .reinterpretAsInts();
        IntVector upper =
            IntVector.fromArray(INTS, WORDS, 16 * half)
                .selectFrom(words)
                .lanewise(VectorOperators.ROR, ROTATIONS)
                .and(UPPER_BITS);
        INDICES
            .selectFrom(v)
            .lanewise(VectorOperators.LSHR, EIGHTS)
            .and(BYTE_BITS)
            .or(upper)
            .intoArray(codes, to + 16 * half);
      }
      words = GROUPS.selectFrom(words);
      IntVector factors = words.lanewise(VectorOperators.LSHR, 11).and(FACTOR_BITS).or(ONE);
      FloatVector s =
          ((FloatVector) factors.convert(VectorOperators.I2F, 0))
              .mul(0.125f * HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF]);
      FloatVector delta =
          words.lanewise(VectorOperators.LSHL, 16).and(SIGN).or(DELTA_BITS).reinterpretAsFloats();
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at)
          .sub(s.mul(shift.sub(delta.mul(sums))))
          .intoArray(scratch, at);
    }
  }

  @Override
  void multiply(WorkerScratch mine, float[] x, int from, float[] scratch) {
    BookProducts.lookUp(TABLE, mine.codes(), mine.entries());
    BookProducts.multiplyEights(mine.entries(), x, from, scratch);
  }
}
