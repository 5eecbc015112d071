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
    return cols % 128 == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
  }

  @Override
  void rows(MemorySegment w, long[] starts, TokenInput x, int cols, float[] lanes) {
    blocks(w, starts, x.array(), cols, lanes);
  }

  /** Takes four blocks of each row at a time. */
  private static void blocks(MemorySegment w, long[] starts, float[] x, int cols, float[] lanes) {
    for (int block = 0; block < cols / 128; block++) {
      int xo = block * 128;
      long bo = block * 136L;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, xo + 0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, xo + 16);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, xo + 32);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, xo + 48);

      FloatVector x4 = FloatVector.fromArray(FLOATS, x, xo + 64);
      FloatVector x5 = FloatVector.fromArray(FLOATS, x, xo + 80);
      FloatVector x6 = FloatVector.fromArray(FLOATS, x, xo + 96);
      FloatVector x7 = FloatVector.fromArray(FLOATS, x, xo + 112);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = bo + starts[row];
        FloatVector sum = FloatVector.fromArray(FLOATS, lanes, row * SUMS);
        FloatVector p;
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 2, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(x0);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 18, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .fma(x1, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 0) & 0xFFFF]), sum);
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
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 34) & 0xFFFF]),
                sum);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 70, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(x4);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 86, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .fma(x5, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 68) & 0xFFFF]),
                sum);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 104, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(x6);
        p =
            ((FloatVector)
                    ByteVector.fromMemorySegment(BYTES, w, o + 120, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .fma(x7, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 102) & 0xFFFF]),
                sum);
        sum.intoArray(lanes, row * SUMS);
      }
    }
  }
}
