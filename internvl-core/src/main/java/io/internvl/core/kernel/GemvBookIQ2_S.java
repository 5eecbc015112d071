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

/** IQ2_S: 32 indices of 8 and 2 bits, 32 signs of 8 bits, sixteen scales of 4 bits. */
final class GemvBookIQ2_S extends GemvBookKernel {
  private static final long[] TABLE = BookProducts.eights(Codebooks.iq2S(), 1, BookProducts.BIAS);

  // The last 64 bytes of a block end with signs, two words of upper bits, two of scales.
  private static final long LAST_BYTES = 18;
  private static final IntVector SIGN_WORDS =
      ints(4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Bring bits 2 i of a word to bit 8. */
  private static final IntVector PAIRS =
      ints(24, 26, 28, 30, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22);

  private static final IntVector UPPER_BITS = IntVector.broadcast(INTS, 768);

  GemvBookIQ2_S() {
    super(TensorType.IQ2_S);
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
      IntVector indices = IntVector.fromMemorySegment(INTS, w, o + 2, ORDER); // and some signs
      IntVector v = IntVector.fromMemorySegment(INTS, w, o + LAST_BYTES, ORDER);
      for (int half = 0; half < 2; half++) {
        IntVector upper =
            IntVector.broadcast(INTS, 12 + half)
                .selectFrom(v)
                .lanewise(VectorOperators.ROR, PAIRS)
                .and(UPPER_BITS);
        IntVector.fromArray(INTS, WORDS, 16 * half)
            .selectFrom(indices)
            .lanewise(VectorOperators.LSHR, EIGHTS)
            .and(BYTE_BITS)
            .or(upper)
            .intoArray(codes, to + 16 * half);
      }
      SIGN_WORDS.selectFrom(v).reinterpretAsLongs().intoArray(signs, SIGNS * row);
      FloatVector s =
          ((FloatVector)
                  NIBBLE_WORDS
                      .selectFrom(v)
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
