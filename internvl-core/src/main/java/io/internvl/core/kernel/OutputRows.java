package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * The last step of a product: a row of sums goes through an epilogue into an output row. What is
 * added to the output comes in whole vectors, and scalars at the end; shorter vectors would be a
 * second class of them (docs/kernels.md). Others are whole vectors, for rows of tensors are padded.
 */
final class OutputRows {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final float SWIGLU_LIMIT = 7f;
  private static final float SWIGLU_FACTOR = 1.702f;

  private OutputRows() {}

  /** Adds the bias of a map, if it has one, to a row of sums. */
  static void addBias(Linear linear, MemorySegment v, long vo, long first, int rows) {
    Tensor bias = linear.bias();
    if (bias != null) {
      add(bias.segment(), first, v, vo, rows);
    }
  }

  static void write(
      Epilogue epilogue,
      MemorySegment v,
      long vo,
      @Nullable MemorySegment scale,
      long so,
      MemorySegment y,
      long yo,
      int n) {
    switch (epilogue) {
      case STORE -> MemorySegment.copy(v, vo, y, yo, (long) n * Float.BYTES);
      case ADD -> add(v, vo, y, yo, n);
      case ADD_SCALED -> addScaled(v, vo, scale == null ? y : scale, so, y, yo, n);
      case GELU -> gelu(v, vo, y, yo, n);
    }
  }

  private static void add(MemorySegment v, long vo, MemorySegment y, long yo, int n) {
    int bound = FLOATS.loopBound(n);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, v, vo + at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER)
          .add(a)
          .intoMemorySegment(y, yo + at, ORDER);
    }
    for (int i = bound; i < n; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yo + at, y.get(FLOAT, yo + at) + v.get(FLOAT, vo + at));
    }
  }

  private static void addScaled(
      MemorySegment v, long vo, MemorySegment scale, long so, MemorySegment y, long yo, int n) {
    int bound = FLOATS.loopBound(n);
    for (int i = 0; i < bound; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, v, vo + at, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, scale, so + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER);
      a.fma(s, b).intoMemorySegment(y, yo + at, ORDER);
    }
    for (int i = bound; i < n; i++) {
      long at = (long) i * Float.BYTES;
      float sum = Math.fma(v.get(FLOAT, vo + at), scale.get(FLOAT, so + at), y.get(FLOAT, yo + at));
      y.set(FLOAT, yo + at, sum);
    }
  }

  private static void gelu(MemorySegment v, long vo, MemorySegment y, long yo, int n) {
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, v, vo + at, ORDER);
      VectorMath.gelu(x).intoMemorySegment(y, yo + at, ORDER);
    }
  }

  /** Joins rows of gate and up values. */
  static void writeGated(
      GateActivation activation,
      MemorySegment gate,
      long gateOffset,
      MemorySegment up,
      long upOffset,
      MemorySegment y,
      long yo,
      int n) {
    boolean clamped = activation == GateActivation.CLAMPED_SWIGLU;
    float factor = clamped ? SWIGLU_FACTOR : 1f;
    float limit = clamped ? SWIGLU_LIMIT : Float.POSITIVE_INFINITY;
    swish(gate, gateOffset, up, upOffset, y, yo, n, factor, limit, clamped ? 1f : 0f);
  }

  /** Writes {@code swish(min(gate, limit)) (clamp(up, limit) + shift)}. */
  private static void swish(
      MemorySegment gate,
      long gateOffset,
      MemorySegment up,
      long upOffset,
      MemorySegment y,
      long yo,
      int n,
      float factor,
      float limit,
      float shift) {
    long bytes = (long) n * Float.BYTES;
    if (gateOffset + bytes > gate.byteSize()
        || upOffset + bytes > up.byteSize()
        || yo + bytes > y.byteSize()) { // makes it too long to be inlined, too
      throw new IllegalArgumentException(
          String.format(
              "%d elements: gate at %d of %d, up at %d of %d, output at %d of %d bytes, limit %s",
              n, gateOffset, gate.byteSize(), upOffset, up.byteSize(), yo, y.byteSize(), limit));
    }
    FloatVector largest = FloatVector.broadcast(FLOATS, limit);
    FloatVector smallest = largest.neg();
    FloatVector one = FloatVector.broadcast(FLOATS, shift);
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, gate, gateOffset + at, ORDER);
      FloatVector u = FloatVector.fromMemorySegment(FLOATS, up, upOffset + at, ORDER);
      g = g.blend(largest, g.compare(VectorOperators.GT, largest));
      u = u.blend(largest, u.compare(VectorOperators.GT, largest));
      u = u.blend(smallest, u.compare(VectorOperators.LT, smallest));
      VectorMath.swish(g, factor).mul(u.add(one)).intoMemorySegment(y, yo + at, ORDER);
    }
  }
}
