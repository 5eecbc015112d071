package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.ints;

import io.internvl.core.quant.Codebooks;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** IQ2_XXS: eight groups of four indices and a word of four signs of 7 bits and a scale. */
final class GemvBookIQ2_XXS extends GemvBookKernel {
  private static final long[] TABLE = BookProducts.eights(Codebooks.iq2Xxs(), 1, BookProducts.BIAS);

  /**
   * Four lanes for each of four groups (2, 16): its word of indices. That of its signs is the next.
   */
  private static final int[] GROUPS = {
    0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6, 8, 8, 8, 8, 10, 10, 10, 10, 12, 12, 12, 12, 14,
    14, 14, 14
  };

  private static final int[] SIGN_GROUPS = Arrays.stream(GROUPS).map(word -> word + 1).toArray();

  /** Two lanes for the scale of each group. */
  private static final IntVector SCALE_WORDS =
      ints(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);

  GemvBookIQ2_XXS() {
    super(TensorType.IQ2_XXS);
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
    if (scratch.length < 2 * ALL_SUMS) { // makes it too long to be inlined, too
      throw new IllegalArgumentException("scratch of " + scratch.length);
    }
    FloatVector sums = FloatVector.fromArray(FLOATS, x, from);
    FloatVector shift = sums.mul(BookProducts.OFFSET);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = offset + starts[row];
      int to = CODES_OF_EIGHT * row;
      IntVector v = IntVector.fromMemorySegment(INTS, w, o + 2, ORDER);
      for (int half = 0; half < 2; half++) {
        IntVector group = IntVector.fromArray(INTS, GROUPS, 16 * half);
        group
            .selectFrom(v)
            .lanewise(VectorOperators.LSHR, EIGHTS)
            .and(BYTE_BITS)
            .intoArray(codes, to + 16 * half);
        IntVector sign =
            IntVector.fromArray(INTS, SIGN_GROUPS, 16 * half)
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
              .mul(0.25f * HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF]);
      int at = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, ALL_SUMS + at);
      FloatVector.fromArray(FLOATS, scratch, at).sub(s.mul(shift)).intoArray(scratch, at);
    }
  }

  @Override
  void multiply(WorkerScratch mine, float[] x, int from, float[] scratch) {
    BookProducts.lookUp(TABLE, mine.codes(), mine.entries());
    BookProducts.multiplySignedEights(mine.entries(), mine.signs(), x, from, scratch);
  }
}
