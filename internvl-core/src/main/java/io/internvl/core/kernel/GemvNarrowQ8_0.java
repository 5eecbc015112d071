package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.NarrowInput.GROUP;
import static io.internvl.core.kernel.NarrowInput.STEP;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q8_0 with vectors of 256 or 128 bits: a scale and 32 signed bytes, with float32 activations. They
 * are the bytes of 32-bit lanes, as in {@link GemvNarrowKernel}; 128 is added to the lower three,
 * so that only the fourth has a sign.
 */
final class GemvNarrowQ8_0 extends GemvLoopKernel {
  private static final IntVector SIGNS = IntVector.broadcast(INTS, 0x00808080);
  private static final IntVector FIRST = IntVector.broadcast(INTS, 0xFF);
  private static final IntVector SECOND = IntVector.broadcast(INTS, 0xFF00);
  private static final IntVector THIRD = IntVector.broadcast(INTS, 0xFF0000);
  private static final IntVector FOURTH = IntVector.broadcast(INTS, 0xFF000000);

  @Override
  boolean fits(int cols) {
    return cols % GROUP == 0;
  }

  @Override
  int mostTokens() {
    return Gemv.MAX_TOKENS;
  }

  @Override
  int usedSums() {
    return LANES;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
    x.narrow().prepare(x.array(), x.cols());
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    blocks(w, starts, x.narrow().values(), cols, lanes);
  }

  /** Takes a vector of codes of each row at a time. */
  private static void blocks(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int i = 0; i < cols; i += STEP) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      FloatVector offset =
          x0.mul(-0x1p7f).sub(x1.mul(0x1p15f)).sub(x2.mul(0x1p23f)); // of what was added
      long block = i / GROUP * 34L;
      long codes = 2 + i % GROUP;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = starts[row] + block;
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + codes, ORDER)
                .lanewise(VectorOperators.XOR, SIGNS);
        FloatVector p =
            ((FloatVector) v.and(FIRST).convert(VectorOperators.I2F, 0)).fma(x0, offset);
        FloatVector q = ((FloatVector) v.and(SECOND).convert(VectorOperators.I2F, 0)).mul(x1);
        p = ((FloatVector) v.and(THIRD).convert(VectorOperators.I2F, 0)).fma(x2, p);
        q = ((FloatVector) v.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(x3, q);
        float scale = HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF];
        p.add(q)
            .fma(
                FloatVector.broadcast(FLOATS, scale),
                FloatVector.fromArray(FLOATS, lanes, row * SUMS))
            .intoArray(lanes, row * SUMS);
      }
    }
  }
}
