package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Q4_0: a scale and 32 codes of 4 bits, offset 8, with float32 activations. */
final class GemvQ4_0 extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  boolean fits(int cols) {
    return cols % 64 == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.nibbles().prepare(x.floats(), x.cols());
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    blocks(w, starts, x.nibbles().values(), cols, lanes);
  }

  /** Takes two blocks of each row at a time. */
  private static void blocks(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    int groups = cols / 64;
    for (int group = 0; group < groups; group++) {
      int xo = group * (2 * NibbleInput.BLOCK);
      FloatVector low0 = FloatVector.fromArray(FLOATS, x, xo + 0);
      FloatVector byte0 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector offset0 = FloatVector.fromArray(FLOATS, x, xo + 32).mul(-8f);
      FloatVector low1 = FloatVector.fromArray(FLOATS, x, xo + 48);
      FloatVector byte1 = FloatVector.fromArray(FLOATS, x, xo + 64);
      FloatVector offset1 = FloatVector.fromArray(FLOATS, x, xo + 80).mul(-8f);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = starts[row] + group * 36L;
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 2, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low0, offset0);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte0, p);
        sum = p.fma(FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF]), sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 20, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low1, offset1);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte1, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 18) & 0xFFFF]),
                sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
