package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.ints;

import io.internvl.core.quant.Codebooks;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** IQ3_XXS: 64 indices of 8 bits, eight words of four signs of 7 bits and a scale. */
final class GemvBookIQ3_XXS extends GemvBookKernel {
  private static final int[] TABLE = BookProducts.fours(Codebooks.iq3Xxs(), BookProducts.BIAS);

  // The words are the upper half of 64 bytes from here on. Four lanes for the signs of each, two
  // for its scale.
  private static final long LAST_BYTES = 34;
  private static final int[] SIGN_WORDS = {
    8, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14,
    14, 14, 15, 15, 15, 15
  };
  private static final IntVector SCALE_WORDS =
      ints(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);

  GemvBookIQ3_XXS() {
    super(TensorType.IQ3_XXS);
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
    FloatVector shift = sums.mul(BookProducts.OFFSET);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      int to = CODES_OF_FOUR * row;
      IntVector indices = IntVector.fromMemorySegment(INTS, w, o + 2, ORDER);
      for (int quarter = 0; quarter < SuperBlockOrder.QUARTERS; quarter++) {
        IntVector.fromArray(INTS, WORDS, 16 * quarter)
            .selectFrom(indices)
            .lanewise(VectorOperators.LSHR, EIGHTS)
            .and(BYTE_BITS)
            .intoArray(codes, to + 16 * quarter);
      }
      IntVector v = IntVector.fromMemorySegment(INTS, w, o + LAST_BYTES, ORDER);
      for (int half = 0; half < 2; half++) {
        IntVector sign =
            IntVector.fromArray(INTS, SIGN_WORDS, 16 * half)
                .selectFrom(v)
                .lanewise(VectorOperators.LSHR, SEVENS)
                .and(SEVEN_BITS);
        IntVector odd = sign.lanewise(VectorOperators.BIT_COUNT).lanewise(VectorOperators.LSHL, 7);
        ((ByteVector) sign.or(odd.and(EIGHTH_BIT)).convertShape(VectorOperators.I2B, BYTES, 0))
            .reinterpretAsLongs()
            .intoArray(signs, SIGNS * row + 2 * half);
      }
      FloatVector s =
          ((FloatVector)
                  SCALE_WORDS
                      .selectFrom(v)
                      .lanewise(VectorOperators.LSHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .add(0.5f)
              .mul(0.5f * HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF]);
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at).sub(s.mul(shift)).intoArray(scratch, at);
    }
  }

  @Override
  void multiply(WorkerScratch mine, float[] x, int from, float[] scratch) {
    BookProducts.multiplySignedFours(
        TABLE, BookProducts.BIAS, mine.codes(), mine.signs(), x, from, scratch);
  }
}
