package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * A token for types of 16 bits, which are loaded in pairs as 32-bit lanes: of the elements of two
 * vectors first the even, then the odd ones, times a power of two, as far as none overflows.
 */
final class PairInput {
  /** Even elements of two vectors, each wrapped into one: lanes 0, 2, .. of both. */
  private static final VectorShuffle<Float> EVEN =
      VectorShuffle.fromOp(FLOATS, lane -> 2 * lane % LANES);

  private static final VectorShuffle<Float> ODD =
      VectorShuffle.fromOp(FLOATS, lane -> 2 * lane % LANES + 1);

  /** Lanes that come from the second vector. */
  private static final VectorMask<Float> SECOND =
      VectorMask.fromLong(FLOATS, -1L << (LANES / 2) & ((1L << LANES) - 1));

  private final int exponent;
  private float[] values = {}; // (cols)
  private float rest = 1;
  private boolean ready;

  /** Makes an input of elements times two to an exponent. */
  PairInput(int exponent) {
    this.exponent = exponent;
  }

  void forget() {
    ready = false;
  }

  /** Orders the elements unless that was done already. */
  void prepare(MemorySegment x, int cols) {
    if (!ready) {
      if (values.length < cols) {
        values = new float[cols];
      }
      int reached = Math.min(exponent, Float.MAX_EXPONENT - largestExponent(x, cols));
      order(x, values, cols, Math.scalb(1f, reached));
      rest = Math.scalb(1f, exponent - reached);
      ready = true;
    }
  }

  private static int largestExponent(MemorySegment x, int cols) {
    int largest = 0; // bits of positive floats are in the order of the floats
    for (int i = 0; i < cols; i++) {
      largest = Math.max(largest, x.get(ValueLayout.JAVA_INT, 4L * i) & Integer.MAX_VALUE);
    }
    return Math.getExponent(Float.intBitsToFloat(largest));
  }

  private static void order(MemorySegment x, float[] y, int cols, float factor) {
    for (int i = 0; i < cols; i += 2 * LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER).mul(factor);
      FloatVector b =
          FloatVector.fromMemorySegment(FLOATS, x, at + VECTOR_BYTES, ORDER).mul(factor);
      a.rearrange(EVEN).blend(b.rearrange(EVEN), SECOND).intoArray(y, i);
      a.rearrange(ODD).blend(b.rearrange(ODD), SECOND).intoArray(y, i + LANES);
    }
  }

  /** Multiplies sums of products with what is missing of the power of two, if anything is. */
  void finish(float[] sums) {
    if (rest != 1) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] *= rest;
      }
    }
  }

  /** Returns the elements in order. */
  float[] values() {
    return values;
  }
}
