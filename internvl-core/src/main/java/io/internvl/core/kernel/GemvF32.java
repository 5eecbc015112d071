package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Float32 weights. */
final class GemvF32 extends GemvLoopKernel {
  @Override
  boolean fits(int cols) {
    return cols % (4 * LANES) == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    vectors(w, starts, x.array(), cols, lanes);
  }

  /** Takes four vectors of each row at a time. */
  private static void vectors(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int i = 0; i < cols; i += 4 * LANES) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = starts[row] + (long) i * Float.BYTES;
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        sum = FloatVector.fromMemorySegment(FLOATS, w, o, ORDER).fma(x0, sum);
        sum = FloatVector.fromMemorySegment(FLOATS, w, o + VECTOR_BYTES, ORDER).fma(x1, sum);
        sum = FloatVector.fromMemorySegment(FLOATS, w, o + 2 * VECTOR_BYTES, ORDER).fma(x2, sum);
        sum = FloatVector.fromMemorySegment(FLOATS, w, o + 3 * VECTOR_BYTES, ORDER).fma(x3, sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
