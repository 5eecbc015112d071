package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the decoders of quantised rows share: 16 weights at a time are small integers in a vector of
 * 16 bytes, which every processor has, and become floats in the last step.
 *
 * <p>The methods are small enough to be inlined into short loops.
 */
final class ByteLanes {
  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** For each byte, eight bytes that are 0xFF where its bits are set, the lowest bit first. */
  static final long[] EXPANDED = expanded();

  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_128;

  private ByteLanes() {}

  private static long[] expanded() {
    long[] table = new long[256];
    for (int bits = 0; bits < table.length; bits++) {
      for (int k = 0; k < 8; k++) {
        table[bits] |= (bits >> k & 1) == 0 ? 0 : 0xFFL << 8 * k;
      }
    }
    return table;
  }

  /** Joins two groups of eight bytes. */
  static ByteVector join(long low, long high) {
    return LongVector.broadcast(LONGS, low).withLane(1, high).reinterpretAsBytes();
  }

  /** Shifts all bits of the vector's integers right; bits of neighbours have to be masked. */
  static ByteVector right(ByteVector v, int distance) {
    return v.reinterpretAsInts().lanewise(VectorOperators.LSHR, distance).reinterpretAsBytes();
  }

  /** Shifts all bits of the vector's integers left; bits of neighbours have to be masked. */
  static ByteVector left(ByteVector v, int distance) {
    return v.reinterpretAsInts().lanewise(VectorOperators.LSHL, distance).reinterpretAsBytes();
  }

  /**
   * Writes {@code d * q} to y[o .. o + 15], with q in two groups of eight bytes. Where codes are
   * made by scalar code: no vector is handed over, which would be on the heap if this were not
   * inlined.
   */
  static void scaled(long low, long high, float d, float[] y, int o) {
    FloatVector scale = FloatVector.broadcast(FLOATS, d);
    if (LANES == 16) {
      ByteVector q = LongVector.broadcast(LONGS, low).withLane(1, high).reinterpretAsBytes();
      ((FloatVector) q.castShape(FLOATS, 0)).mul(scale).intoArray(y, o);
    } else if (LANES == 8) {
      ByteVector q = LongVector.broadcast(LONGS, low).reinterpretAsBytes();
      ((FloatVector) q.castShape(FLOATS, 0)).mul(scale).intoArray(y, o);
      q = LongVector.broadcast(LONGS, high).reinterpretAsBytes();
      ((FloatVector) q.castShape(FLOATS, 0)).mul(scale).intoArray(y, o + 8);
    } else {
      ((FloatVector) spread((int) low).castShape(FLOATS, 0)).mul(scale).intoArray(y, o);
      ((FloatVector) spread((int) (low >>> 32)).castShape(FLOATS, 0))
          .mul(scale)
          .intoArray(y, o + 4);
      ((FloatVector) spread((int) high).castShape(FLOATS, 0)).mul(scale).intoArray(y, o + 8);
      ((FloatVector) spread((int) (high >>> 32)).castShape(FLOATS, 0))
          .mul(scale)
          .intoArray(y, o + 12);
    }
  }

  /** Adds bytes that stand side by side, without carry from one to the next. */
  static long added(long a, long b) {
    long top = 0x8080808080808080L;
    return (a & ~top) + (b & ~top) ^ (a ^ b) & top;
  }

  /** Writes {@code d * q} to y[o .. o + 15]. */
  static void scaled(ByteVector q, float d, float[] y, int o) {
    FloatVector scale = FloatVector.broadcast(FLOATS, d);
    ((FloatVector) q.castShape(FLOATS, 0)).mul(scale).intoArray(y, o);
    if (LANES == 8) {
      ((FloatVector) upperHalf(q).castShape(FLOATS, 0)).mul(scale).intoArray(y, o + 8);
    }
    if (LANES == 4) {
      IntVector words = q.reinterpretAsInts();
      ((FloatVector) spread(words.lane(1)).castShape(FLOATS, 0)).mul(scale).intoArray(y, o + 4);
      ((FloatVector) spread(words.lane(2)).castShape(FLOATS, 0)).mul(scale).intoArray(y, o + 8);
      ((FloatVector) spread(words.lane(3)).castShape(FLOATS, 0)).mul(scale).intoArray(y, o + 12);
    }
  }

  /** Writes {@code d * q + m} to y[o .. o + 15]. */
  static void affine(ByteVector q, float d, float m, float[] y, int o) {
    FloatVector scale = FloatVector.broadcast(FLOATS, d);
    FloatVector shift = FloatVector.broadcast(FLOATS, m);
    ((FloatVector) q.castShape(FLOATS, 0)).mul(scale).add(shift).intoArray(y, o);
    if (LANES == 8) {
      ((FloatVector) upperHalf(q).castShape(FLOATS, 0)).mul(scale).add(shift).intoArray(y, o + 8);
    }
    if (LANES == 4) {
      IntVector words = q.reinterpretAsInts();
      FloatVector part = (FloatVector) spread(words.lane(1)).castShape(FLOATS, 0);
      part.mul(scale).add(shift).intoArray(y, o + 4);
      part = (FloatVector) spread(words.lane(2)).castShape(FLOATS, 0);
      part.mul(scale).add(shift).intoArray(y, o + 8);
      part = (FloatVector) spread(words.lane(3)).castShape(FLOATS, 0);
      part.mul(scale).add(shift).intoArray(y, o + 12);
    }
  }

  // Conversion of another part than the first is slow; so those parts are moved to the front.

  private static ByteVector upperHalf(ByteVector q) {
    return LongVector.broadcast(LONGS, q.reinterpretAsLongs().lane(1)).reinterpretAsBytes();
  }

  private static ByteVector spread(int word) {
    return IntVector.broadcast(IntVector.SPECIES_128, word).reinterpretAsBytes();
  }
}
