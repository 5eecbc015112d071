package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Scales of 16 weights for {@link GemvNarrowIntegerKernel}: two vectors for each step of codes, of
 * its lower and of its upper codes, in which a scale fills the lanes of its products.
 */
final class NarrowHalfScales {
  /** Scales of a super-block. */
  static final int SCALES = GemvNarrowKernel.SCALES;

  /** Floats for a row and a super-block. */
  static final int ROW = 2 * GemvNarrowIntegerKernel.STEPS * LANES;

  /** Floats for a super-block of each row. */
  static final int ALL_ROWS = RowShares.STREAMS * ROW;

  private static final int WEIGHTS = 16; // of a scale
  private static final int LANES_OF_SCALE = 4;

  // A vector of scales makes four vectors.
  private static final IntVector FIRST = IntVector.fromArray(INTS, lanes(), 0);
  private static final IntVector SECOND = IntVector.fromArray(INTS, lanes(), LANES);
  private static final IntVector THIRD = IntVector.fromArray(INTS, lanes(), 2 * LANES);
  private static final IntVector FOURTH = IntVector.fromArray(INTS, lanes(), 3 * LANES);

  private NarrowHalfScales() {}

  private static int[] lanes() {
    int[] lanes = new int[4 * LANES];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = i / LANES_OF_SCALE;
    }
    return lanes;
  }

  /** Returns where the scales of the lower codes of a step are in a row. */
  static int lower(IntegerCodes codes, int step) {
    int half = codes.halfBlock;
    int at = step * GemvNarrowIntegerKernel.VECTOR_BYTES;
    return (at / half * 2 * half + at % half) / WEIGHTS * LANES_OF_SCALE;
  }

  /** Returns how far behind them those of the upper codes are. */
  static int upper(IntegerCodes codes) {
    return codes.halfBlock / WEIGHTS * LANES_OF_SCALE;
  }

  /**
   * Spreads the scales of a row and a super-block.
   *
   * @param bytes the scales, 16 signed bytes
   * @param d what they are multiplied with
   * @param factors of the activations
   * @param from index of the first scale in a row
   * @param scratch receives the scales
   * @param to where they start
   */
  static void spread(byte[] bytes, float d, float[] factors, int from, float[] scratch, int to) {
    for (int i = 0; i < SCALES; i += LANES) {
      IntVector s =
          ((FloatVector)
                  ByteVector.fromArray(BYTES, bytes, i)
                      .convertShape(VectorOperators.B2F, FLOATS, 0))
              .mul(d)
              .mul(FloatVector.fromArray(FLOATS, factors, from + i))
              .reinterpretAsInts();
      int at = to + 4 * i;
      FIRST.selectFrom(s).reinterpretAsFloats().intoArray(scratch, at);
      SECOND.selectFrom(s).reinterpretAsFloats().intoArray(scratch, at + LANES);
      THIRD.selectFrom(s).reinterpretAsFloats().intoArray(scratch, at + 2 * LANES);
      FOURTH.selectFrom(s).reinterpretAsFloats().intoArray(scratch, at + 3 * LANES);
    }
  }

  /**
   * Adds to the sums of a row what all codes of a scale have in common.
   *
   * @param bytes for each scale, a signed byte
   * @param first index of the first one
   * @param d what they are multiplied with
   * @param halfSums of the activations
   * @param from index of the first scale in a row
   * @param scratch the sums
   * @param to where those of the row are
   */
  static void addCommon(
      byte[] bytes, int first, float d, float[] halfSums, int from, float[] scratch, int to) {
    for (int i = 0; i < SCALES; i += LANES) {
      ((FloatVector)
              ByteVector.fromArray(BYTES, bytes, first + i)
                  .convertShape(VectorOperators.B2F, FLOATS, 0))
          .mul(d)
          .fma(
              FloatVector.fromArray(FLOATS, halfSums, from + i),
              FloatVector.fromArray(FLOATS, scratch, to + i))
          .intoArray(scratch, to + i);
    }
  }
}
