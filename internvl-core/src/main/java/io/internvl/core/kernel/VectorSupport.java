package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector species of all kernels, chosen once: the widest the processor prefers, between 128 and
 * 512 bits. Constants, so that the compiler sees them through.
 *
 * <p>The system property {@value #BITS} names another length, for tests: Java computes vectors that
 * the processor does not have as their definition says, element by element.
 */
final class VectorSupport {
  private static final String BITS = "internvl.vectorBits";

  static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, shape());
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, shape());

  /** Floats in a vector: 16, 8 or 4. */
  static final int LANES = FLOATS.length();

  static final long VECTOR_BYTES = (long) LANES * Float.BYTES;
  static final int VECTOR_BITS = LANES * Float.SIZE;

  static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, shape());

  /** Byte order of files and, on every machine with vectors, of activations. */
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /**
   * Sixteen bytes, of which narrower vectors of floats are made of the first ones. All byte vectors
   * that become floats have this length: {@code castShape} and {@code convertShape} of two lengths
   * in one process keep some of them on the heap (docs/kernels.md).
   */
  static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;

  /**
   * Class of the segments of activations, other than the one of a mapped file. A kernel that checks
   * it is half as large for the compiler, which then knows which of the two its loads see.
   */
  static final Class<?> ALLOCATED = MemorySegment.NULL.getClass();

  private VectorSupport() {}

  /** Makes a constant vector of the first {@link #LANES} values. */
  static IntVector ints(int... values) {
    return IntVector.fromArray(INTS, values, 0);
  }

  private static VectorShape shape() {
    int bits = Integer.getInteger(BITS, FloatVector.SPECIES_PREFERRED.vectorBitSize());
    return VectorShape.forBitSize(Math.clamp(Integer.highestOneBit(bits), 128, 512));
  }
}
