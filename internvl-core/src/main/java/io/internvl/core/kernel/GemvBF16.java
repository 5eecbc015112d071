package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Bfloat16 weights: the upper half of a float32. */
final class GemvBF16 extends GemvLoopKernel {
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0xFFFF0000);

  @Override
  boolean fits(int cols) {
    return cols % (4 * LANES) == 0;
  }

  @Override
  int usedSums() {
    return LANES;
  }

  @Override
  void prepare(TokenInput x) {
    x.pairs().prepare(x.floats(), x.cols());
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    pairs(w, starts, x.pairs().values(), cols, lanes);
  }

  /** Takes two vectors of pairs of each row at a time. */
  private static void pairs(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int i = 0; i < cols; i += 4 * LANES) {
      FloatVector even0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector odd0 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector even1 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector odd1 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      long at = 2L * i;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        IntVector v = IntVector.fromMemorySegment(INTS, w, starts[row] + at, ORDER);
        sum = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even0, sum);
        sum = v.and(UPPER).reinterpretAsFloats().fma(odd0, sum);
        v = IntVector.fromMemorySegment(INTS, w, starts[row] + at + VECTOR_BYTES, ORDER);
        sum = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even1, sum);
        sum = v.and(UPPER).reinterpretAsFloats().fma(odd1, sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
