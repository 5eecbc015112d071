package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Operations on single rows: rotation, scaled sums, conversion to half precision. */
final class VectorRows {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

  private VectorRows() {}

  /** Rotates the pairs (i, i + pairs) of one head. */
  static void rotateHalves(
      MemorySegment x, long xo, MemorySegment cos, long co, MemorySegment sin, long so, int pairs) {
    long second = xo + (long) pairs * Float.BYTES;
    int bound = FLOATS.loopBound(pairs);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, xo + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, x, second + at, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, cos, co + at, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, sin, so + at, ORDER);
      a.mul(c).sub(b.mul(s)).intoMemorySegment(x, xo + at, ORDER);
      a.mul(s).add(b.mul(c)).intoMemorySegment(x, second + at, ORDER);
    }
    for (int i = bound; i < pairs; i++) {
      long at = (long) i * Float.BYTES;
      rotatePair(x, xo + at, second + at, cos.get(FLOAT, co + at), sin.get(FLOAT, so + at));
    }
  }

  /** Rotates the pairs (2i, 2i + 1) of one head. */
  static void rotateNeighbours(
      MemorySegment x, long xo, MemorySegment cos, long co, MemorySegment sin, long so, int pairs) {
    for (int i = 0; i < pairs; i++) {
      long at = (long) i * Float.BYTES;
      long first = xo + 2 * at;
      float c = cos.get(FLOAT, co + at);
      rotatePair(x, first, first + Float.BYTES, c, sin.get(FLOAT, so + at));
    }
  }

  private static void rotatePair(MemorySegment x, long first, long second, float cos, float sin) {
    float a = x.get(FLOAT, first);
    float b = x.get(FLOAT, second);
    x.set(FLOAT, first, a * cos - b * sin);
    x.set(FLOAT, second, a * sin + b * cos);
  }

  /** Adds {@code factor * x} to y. */
  static void addScaled(MemorySegment x, long xo, float factor, MemorySegment y, long yo, int n) {
    int bound = FLOATS.loopBound(n);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, x, xo + at, ORDER)
          .fma(FloatVector.broadcast(FLOATS, factor), b)
          .intoMemorySegment(y, yo + at, ORDER);
    }
    for (int i = bound; i < n; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yo + at, Math.fma(x.get(FLOAT, xo + at), factor, y.get(FLOAT, yo + at)));
    }
  }

  /** Rounds to half precision. A plain loop: the compiler has an instruction for it. */
  static void toHalf(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
    for (int i = 0; i < n; i++) {
      float value = x.get(FLOAT, xo + 4L * i);
      y.set(SHORT, yo + 2L * i, Float.floatToFloat16(value));
    }
  }

  /** Widens from half precision; a plain loop as well. */
  static void fromHalf(MemorySegment x, long xo, MemorySegment y, long yo, int n) {
    for (int i = 0; i < n; i++) {
      short value = x.get(SHORT, xo + 2L * i);
      y.set(FLOAT, yo + 4L * i, Float.float16ToFloat(value));
    }
  }
}
