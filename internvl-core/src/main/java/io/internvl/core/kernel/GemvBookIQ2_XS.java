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

/** IQ2_XS: 32 words of an index of 9 bits and signs of 7 bits, sixteen scales of 4 bits. */
final class GemvBookIQ2_XS extends GemvBookKernel {
  private static final long[] TABLE = BookProducts.eights(Codebooks.iq2Xs(), 1, BookProducts.BIAS);

  // Two lanes for each pair of words (2, 16), and where index and signs are.
  private static final int[] PAIRS = {
    0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14,
    14, 15, 15
  };
  private static final IntVector INDICES =
      ints(0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16);
  private static final IntVector SIGNS_OF_PAIRS = INDICES.add(9);
  private static final IntVector INDEX_BITS = IntVector.broadcast(INTS, 511);

  /** The last 64 bytes of a block end with the scales. */
  private static final long LAST_BYTES = 10;

  GemvBookIQ2_XS() {
    super(TensorType.IQ2_XS);
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
      int to = CODES_OF_EIGHT * row;
      IntVector v = IntVector.fromMemorySegment(INTS, w, o + 2, ORDER);
      for (int half = 0; half < 2; half++) {
        IntVector pairs = IntVector.fromArray(INTS, PAIRS, 16 * half).selectFrom(v);
        pairs
            .lanewise(VectorOperators.LSHR, INDICES)
            .and(INDEX_BITS)
            .intoArray(codes, to + 16 * half);
        IntVector sign = pairs.lanewise(VectorOperators.LSHR, SIGNS_OF_PAIRS).and(SEVEN_BITS);
        IntVector odd = sign.lanewise(VectorOperators.BIT_COUNT).lanewise(VectorOperators.LSHL, 7);
        ((ByteVector) sign.or(odd.and(EIGHTH_BIT)).convertShape(VectorOperators.I2B, BYTES, 0))
            .reinterpretAsLongs()
            .intoArray(signs, SIGNS * row + 2 * half);
      }
      IntVector words = IntVector.fromMemorySegment(INTS, w, o + LAST_BYTES, ORDER);
      FloatVector s =
          ((FloatVector)
                  NIBBLE_WORDS
                      .selectFrom(words)
                      .lanewise(VectorOperators.LSHR, NIBBLES)
                      .and(NIBBLE_BITS)
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
