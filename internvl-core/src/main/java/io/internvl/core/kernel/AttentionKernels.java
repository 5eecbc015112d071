package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Steps of {@link FusedAttention} on one panel of queries: scores lie as (keys, width) with the
 * queries in the lanes, so that all of them are element-wise.
 */
final class AttentionKernels {
  /** Stands for minus infinity where a difference must stay defined. */
  static final float LOWEST = -1e30f;

  private static final FloatVector LANE = FloatVector.zero(FLOATS).addIndex(1);

  private static final FloatVector SMALLEST = FloatVector.broadcast(FLOATS, Float.MIN_NORMAL);

  private AttentionKernels() {}

  /** Multiplies a row by a factor. */
  static void scale(MemorySegment x, long xo, float factor, MemorySegment y, long yo, int n) {
    int bound = FLOATS.loopBound(n);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, x, xo + at, ORDER)
          .mul(factor)
          .intoMemorySegment(y, yo + at, ORDER);
    }
    for (int i = bound; i < n; i++) {
      long at = (long) i * Float.BYTES;
      y.set(ValueLayout.JAVA_FLOAT, yo + at, x.get(ValueLayout.JAVA_FLOAT, xo + at) * factor);
    }
  }

  /**
   * Replaces the scores of keys that a query must not see by minus infinity. Key j is visible to
   * lane i when {@code i - window < j - ahead <= i}.
   *
   * @param s scores (keys, width)
   * @param so byte offset of the scores
   * @param keys number of keys
   * @param width lanes
   * @param ahead index of the last key that lane 0 sees; may be negative
   * @param window how many keys a query sees
   */
  static void mask(MemorySegment s, long so, int keys, int width, int ahead, int window) {
    for (int j = 0; j < keys; j++) {
      float last = j - ahead;
      for (int lane = 0; lane < width; lane += LANES) {
        long at = so + ((long) j * width + lane) * Float.BYTES;
        FloatVector query = LANE.add(lane);
        VectorMask<Float> hidden = query.compare(VectorOperators.LT, last);
        hidden = hidden.or(query.compare(VectorOperators.GE, last + window));
        FloatVector.fromMemorySegment(FLOATS, s, at, ORDER)
            .blend(Float.NEGATIVE_INFINITY, hidden)
            .intoMemorySegment(s, at, ORDER);
      }
    }
  }

  /**
   * Adds a block of keys to the running softmax of one vector of queries (Milakov and Gimelshein
   * 2018). Scores are to the base 2.
   *
   * @param s scores (keys, width), and one more row for the old maximum; become weights, relative
   *     to the new maximum
   * @param so byte offset of the vector in the first row
   * @param keys number of keys
   * @param stride bytes between rows
   * @param state running maxima, followed by running sums and by the factors that turn what was
   *     relative to the old maximum
   * @param mo byte offset of the maximum
   * @param part bytes between maxima, sums and factors
   * @return whether some factor is not 1
   */
  static boolean softmax(
      MemorySegment s, long so, int keys, long stride, MemorySegment state, long mo, long part) {
    if (so + keys * stride + VECTOR_BYTES > s.byteSize()) { // makes it too long to be inlined, too
      throw new IllegalArgumentException(
          String.format("%d rows at %d of %d bytes", keys + 1, so, s.byteSize()));
    }
    FloatVector max = FloatVector.fromMemorySegment(FLOATS, state, mo, ORDER);
    max.intoMemorySegment(s, so + keys * stride, ORDER);
    for (int j = 0; j < keys; j++) {
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, s, so + j * stride, ORDER);
      max = max.blend(v, v.compare(VectorOperators.GT, max));
    }
    max.intoMemorySegment(state, mo, ORDER);
    FloatVector sum = FloatVector.zero(FLOATS);
    boolean changed = false;
    for (int pass = 0; pass < 2; pass++) { // the old maximum, then the scores: one copy of exp2
      int end = pass == 0 ? keys + 1 : keys;
      for (int j = pass == 0 ? keys : 0; j < end; j++) {
        long at = so + j * stride;
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, s, at, ORDER).sub(max);
        // exact zeros for masked keys: products with anything smaller would be slow subnormals
        FloatVector p = VectorMath.exp2UpTo127(v).sub(SMALLEST);
        p.intoMemorySegment(s, at, ORDER);
        sum = sum.add(p);
      }
      if (pass == 0) {
        sum.intoMemorySegment(state, mo + 2 * part, ORDER);
        changed = sum.compare(VectorOperators.NE, 1f).anyTrue();
        sum = sum.mul(FloatVector.fromMemorySegment(FLOATS, state, mo + part, ORDER));
      }
    }
    sum.intoMemorySegment(state, mo + part, ORDER);
    return changed;
  }

  /** Multiplies each row of (rows, width) by a row of factors. */
  static void multiplyRows(
      MemorySegment x, long xo, int rows, int width, MemorySegment factors, long fo) {
    for (int lane = 0; lane < width; lane += LANES) {
      long at = (long) lane * Float.BYTES;
      FloatVector f = FloatVector.fromMemorySegment(FLOATS, factors, fo + at, ORDER);
      for (int row = 0; row < rows; row++) {
        long to = xo + at + (long) row * width * Float.BYTES;
        FloatVector.fromMemorySegment(FLOATS, x, to, ORDER).mul(f).intoMemorySegment(x, to, ORDER);
      }
    }
  }

  /** Divides each row of (rows, width) by a row of divisors. */
  static void divideRows(
      MemorySegment x, long xo, int rows, int width, MemorySegment divisors, long divisorOffset) {
    for (int lane = 0; lane < width; lane += LANES) {
      long at = (long) lane * Float.BYTES;
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, divisors, divisorOffset + at, ORDER);
      for (int row = 0; row < rows; row++) {
        long to = xo + at + (long) row * width * Float.BYTES;
        FloatVector.fromMemorySegment(FLOATS, x, to, ORDER).div(d).intoMemorySegment(x, to, ORDER);
      }
    }
  }
}
