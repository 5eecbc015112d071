package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * The last step of a product: a row of sums goes through an epilogue into an output row. Whole
 * vectors are processed: rows of tensors are padded.
 */
final class OutputRows {
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
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, v, vo + at, ORDER);
      FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER)
          .add(a)
          .intoMemorySegment(y, yo + at, ORDER);
    }
  }

  private static void addScaled(
      MemorySegment v, long vo, MemorySegment scale, long so, MemorySegment y, long yo, int n) {
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, v, vo + at, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, scale, so + at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, y, yo + at, ORDER);
      a.fma(s, b).intoMemorySegment(y, yo + at, ORDER);
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
    switch (activation) {
      case SILU -> silu(gate, gateOffset, up, upOffset, y, yo, n);
      case CLAMPED_SWIGLU -> clampedSwiglu(gate, gateOffset, up, upOffset, y, yo, n);
    }
  }

  private static void silu(
      MemorySegment gate,
      long gateOffset,
      MemorySegment up,
      long upOffset,
      MemorySegment y,
      long yo,
      int n) {
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, gate, gateOffset + at, ORDER);
      FloatVector u = FloatVector.fromMemorySegment(FLOATS, up, upOffset + at, ORDER);
      VectorMath.swish(g, 1f).mul(u).intoMemorySegment(y, yo + at, ORDER);
    }
  }

  private static void clampedSwiglu(
      MemorySegment gate,
      long gateOffset,
      MemorySegment up,
      long upOffset,
      MemorySegment y,
      long yo,
      int n) {
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g =
          FloatVector.fromMemorySegment(FLOATS, gate, gateOffset + at, ORDER).min(SWIGLU_LIMIT);
      FloatVector u =
          FloatVector.fromMemorySegment(FLOATS, up, upOffset + at, ORDER)
              .min(SWIGLU_LIMIT)
              .max(-SWIGLU_LIMIT);
      VectorMath.swish(g, SWIGLU_FACTOR).mul(u.add(1f)).intoMemorySegment(y, yo + at, ORDER);
    }
  }
}
