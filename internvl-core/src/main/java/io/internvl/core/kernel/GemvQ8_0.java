package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Q8_0: a scale and 32 signed bytes, with float32 activations. */
final class GemvQ8_0 extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  boolean fits(int cols) {
    return cols % 64 == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    blocks(w, starts, x.array(), cols, lanes);
  }

  /** Takes two blocks of each row at a time. */
  private static void blocks(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int pair = 0; pair < cols / 64; pair++) {
      int xo = pair * 64;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = starts[row] + pair * 68L;
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        FloatVector p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 2, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(x0);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 18, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .fma(x1, p);
        float scale = HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF];
        sum = p.fma(FloatVector.broadcast(FLOATS, scale), sum);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 36, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(x2);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 52, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .fma(x3, p);
        scale = HalfTable.VALUES[w.get(SHORT, o + 34) & 0xFFFF];
        sum = p.fma(FloatVector.broadcast(FLOATS, scale), sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
