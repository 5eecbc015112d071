package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Constants that unpack the 16-byte header of Q4_K and Q5_K: d, dmin and three words u0, u1, u2 of
 * eight 6-bit scales and eight 6-bit minima.
 *
 * <p>With m6 = 0x3f in each byte and m4 = 0x0f in each byte, the scales are the bytes of u0 and m6,
 * and of (u2 and m4) or (u0 / 4 and 0x30); the minima those of u1 and m6, and of (u2 / 16 and m4)
 * or (u1 / 4 and 0x30).
 */
final class SubScaleLanes {
  static final VectorSpecies<Integer> INTS_128 = IntVector.SPECIES_128;

  /** Lanes u0, u2, u1, u2 of the header. */
  static final VectorShuffle<Integer> LOW = VectorShuffle.fromValues(INTS_128, 1, 3, 2, 3);

  static final IntVector LOW_SHIFTS = ints(0, 0, 0, 4);
  static final IntVector LOW_MASK = ints(0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f);

  /** Lanes u0 and u1 where the upper two bits belong. */
  static final VectorShuffle<Integer> HIGH = VectorShuffle.fromValues(INTS_128, 0, 1, 0, 2);

  static final IntVector HIGH_MASK = ints(0, 0x30303030, 0, 0x30303030);

  /** Lanes of the minima. */
  static final VectorMask<Float> MINIMA = VectorMask.fromLong(FLOATS, 0xFF00);

  // Of 64 bytes, the first half belongs to one pair of sub-blocks, the second to the next.
  static final VectorShuffle<Float> SCALES_0 = spread(0, 2);
  static final VectorShuffle<Float> SCALES_1 = spread(1, 3);
  static final VectorShuffle<Float> SCALES_2 = spread(4, 6);
  static final VectorShuffle<Float> SCALES_3 = spread(5, 7);

  private SubScaleLanes() {}

  private static IntVector ints(int... values) {
    return IntVector.fromArray(INTS_128, values, 0);
  }

  private static VectorShuffle<Float> spread(int lower, int upper) {
    int half = FLOATS.length() / 2;
    return VectorShuffle.fromOp(FLOATS, lane -> lane < half ? lower : upper);
  }
}
