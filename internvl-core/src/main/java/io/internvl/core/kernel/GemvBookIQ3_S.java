package io.internvl.core.kernel;

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
import jdk.incubator.vector.VectorOperators;

/** IQ3_S: 64 indices of 8 bits and one, 32 signs of 8 bits, eight scales of 4 bits. */
final class GemvBookIQ3_S extends GemvBookKernel {
  private static final int[] TABLE = BookProducts.fours(Codebooks.iq3S(), BookProducts.SMALL_BIAS);

  // The last 64 bytes of a block are two words of ninth bits in lanes 5 and 6, signs and scales.
  private static final long LAST_BYTES = 46;
  private static final IntVector SIGN_WORDS =
      ints(7, 8, 9, 10, 11, 12, 13, 14, 0, 0, 0, 0, 0, 0, 0, 0);
  private static final IntVector SCALE_WORD = IntVector.broadcast(INTS, 15);

  /** The word of the ninth bits of a quarter (4, 16), and what brings each bit to bit 8. */
  private static final int[] NINTH_WORDS = new int[CODES_OF_FOUR];

  private static final int[] ROTATIONS = new int[CODES_OF_FOUR];

  static {
    for (int i = 0; i < CODES_OF_FOUR; i++) {
      NINTH_WORDS[i] = 5 + i / 32;
      ROTATIONS[i] = i - 8 & 31;
    }
  }

  private static final IntVector NINTH_BIT = IntVector.broadcast(INTS, 256);

  /** Bring scale j / 2 to bit 1. */
  private static final IntVector NIBBLES =
      ints(31, 31, 3, 3, 7, 7, 11, 11, 15, 15, 19, 19, 23, 23, 27, 27);

  private static final IntVector DOUBLED = IntVector.broadcast(INTS, 30);
  private static final IntVector ONE = IntVector.broadcast(INTS, 1);

  GemvBookIQ3_S() {
    super(TensorType.IQ3_S);
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
      int to = CODES_OF_FOUR * row;
      IntVector indices = IntVector.fromMemorySegment(INTS, w, o + 2, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, w, o + LAST_BYTES, ORDER);
      for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
        IntVector upper =
            IntVector.fromArray(INTS, NINTH_WORDS, 16 * quarter)
                .selectFrom(v)
                .lanewise(VectorOperators.ROR, IntVector.fromArray(INTS, ROTATIONS, 16 * quarter))
                .and(NINTH_BIT);
        IntVector.fromArray(INTS, WORDS, 16 * quarter)
            .selectFrom(indices)
            .lanewise(VectorOperators.LSHR, EIGHTS)
            .and(BYTE_BITS)
            .or(upper)
            .intoArray(codes, to + 16 * quarter);
      }
      SIGN_WORDS.selectFrom(v).reinterpretAsLongs().intoArray(signs, SIGNS * row);
      IntVector factors =
          SCALE_WORD.selectFrom(v).lanewise(VectorOperators.ROR, NIBBLES).and(DOUBLED).or(ONE);
      FloatVector s =
          ((FloatVector) factors.convert(VectorOperators.I2F, 0))
              .mul(HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF]);
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at).sub(s.mul(shift)).intoArray(scratch, at);
    }
  }

  @Override
  void multiply(WorkerScratch mine, float[] x, int from, float[] scratch) {
    BookProducts.multiplySignedFours(
        TABLE, BookProducts.SMALL_BIAS, mine.codes(), mine.signs(), x, from, scratch);
  }
}
