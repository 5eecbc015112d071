package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Normalisation of single rows. */
final class VectorNorms {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private VectorNorms() {}

  /** Writes {@code x * factor * weight} with {@code factor = 1 / sqrt(mean(x²) + eps)}. */
  static void rms(
      MemorySegment x, long xo, MemorySegment weight, int n, float eps, MemorySegment y, long yo) {
    float factor = (float) (1 / Math.sqrt(sumOfSquares(x, xo, n, 0f) / n + eps));
    int bound = FLOATS.loopBound(n);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector w = FloatVector.fromMemorySegment(FLOATS, weight, at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, x, xo + at, ORDER)
          .mul(factor)
          .mul(w)
          .intoMemorySegment(y, yo + at, ORDER);
    }
    for (int i = bound; i < n; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yo + at, x.get(FLOAT, xo + at) * factor * weight.get(FLOAT, at));
    }
  }

  /** Writes {@code (x - mean) / sqrt(variance + eps) * weight + bias}. */
  static void layer(
      MemorySegment x,
      long xo,
      MemorySegment weight,
      MemorySegment bias,
      int n,
      float eps,
      MemorySegment y,
      long yo) {
    float mean = (float) (sum(x, xo, n) / n);
    float factor = (float) (1 / Math.sqrt(sumOfSquares(x, xo, n, mean) / n + eps));
    int bound = FLOATS.loopBound(n);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector w = FloatVector.fromMemorySegment(FLOATS, weight, at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, bias, at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, x, xo + at, ORDER)
          .sub(mean)
          .mul(factor)
          .fma(w, b)
          .intoMemorySegment(y, yo + at, ORDER);
    }
    for (int i = bound; i < n; i++) {
      long at = (long) i * Float.BYTES;
      float normalised = (x.get(FLOAT, xo + at) - mean) * factor;
      y.set(FLOAT, yo + at, Math.fma(normalised, weight.get(FLOAT, at), bias.get(FLOAT, at)));
    }
  }

  private static double sum(MemorySegment x, long xo, int n) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = xo + (long) i * Float.BYTES;
      a0 = a0.add(FloatVector.fromMemorySegment(FLOATS, x, at, ORDER));
      a1 = a1.add(FloatVector.fromMemorySegment(FLOATS, x, at + VectorSupport.VECTOR_BYTES, ORDER));
    }
    FloatVector all = a0.add(a1);
    if (LANES > 8) {
      all = all.add(all.rearrange(VectorSum.BY_8));
    }
    if (LANES > 4) {
      all = all.add(all.rearrange(VectorSum.BY_4));
    }
    all = all.add(all.rearrange(VectorSum.BY_2));
    double sum = all.add(all.rearrange(VectorSum.BY_1)).lane(0);
    for (; i < n; i++) {
      sum += x.get(FLOAT, xo + (long) i * Float.BYTES);
    }
    return sum;
  }

  private static double sumOfSquares(MemorySegment x, long xo, int n, float mean) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i <= n - 2 * LANES; i += 2 * LANES) {
      long at = xo + (long) i * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER).sub(mean);
      FloatVector x1 =
          FloatVector.fromMemorySegment(FLOATS, x, at + VectorSupport.VECTOR_BYTES, ORDER)
              .sub(mean);
      a0 = x0.fma(x0, a0);
      a1 = x1.fma(x1, a1);
    }
    FloatVector all = a0.add(a1);
    if (LANES > 8) {
      all = all.add(all.rearrange(VectorSum.BY_8));
    }
    if (LANES > 4) {
      all = all.add(all.rearrange(VectorSum.BY_4));
    }
    all = all.add(all.rearrange(VectorSum.BY_2));
    double sum = all.add(all.rearrange(VectorSum.BY_1)).lane(0);
    for (; i < n; i++) {
      double difference = x.get(FLOAT, xo + (long) i * Float.BYTES) - mean;
      sum += difference * difference;
    }
    return sum;
  }
}
