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

/**
 * Q5_1: a scale, a minimum, 32 fifth bits and 32 codes of 4 bits, with float32 activations. A fifth
 * bit adds 16 times its activation, under a mask.
 */
final class GemvQ5_1 extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final IntVector LOW_BITS =
      IntVector.broadcast(INTS, 1).lanewise(VectorOperators.LSHL, IntVector.zero(INTS).addIndex(1));

  private static final IntVector HIGH_BITS = LOW_BITS.lanewise(VectorOperators.LSHL, 16);

  @Override
  boolean fits(int cols) {
    return cols % 32 == 0;
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

  /** Takes one block of each row at a time. */
  private static void blocks(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    int groups = cols / 32;
    for (int group = 0; group < groups; group++) {
      int xo = group * (1 * NibbleInput.BLOCK);
      FloatVector low0 = FloatVector.fromArray(FLOATS, x, xo + 0);
      FloatVector byte0 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector whole0 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector lowTop0 = low0.add(byte0).mul(16f);
      FloatVector highTop0 = byte0.mul(256f);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = starts[row] + group * 24L;
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 8, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).mul(low0);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte0, p);
        v = IntVector.broadcast(INTS, w.get(INT, o + 4));
        p = p.add(lowTop0, v.and(LOW_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        p = p.add(highTop0, v.and(HIGH_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        sum = p.fma(FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF]), sum);
        sum =
            whole0.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 2) & 0xFFFF]), sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
