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
  void rows(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      TokenInput input,
      int cols,
      MemorySegment sums) {
    loop(w, offset, stride, rows, input.floats(), cols, sums);
  }

  private static void loop(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      MemorySegment x,
      int cols,
      MemorySegment sums) {
    for (int block = 0; block < cols / 128; block++) {
      long xo = block * 512L;
      long bo = offset + block * 136L;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 0, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 64, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 128, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 192, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(FLOATS, x, xo + 256, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(FLOATS, x, xo + 320, ORDER);
      FloatVector x6 = FloatVector.fromMemorySegment(FLOATS, x, xo + 384, ORDER);
      FloatVector x7 = FloatVector.fromMemorySegment(FLOATS, x, xo + 448, ORDER);

      for (int row = 0; row < rows; row++) {
        long o = bo + row * stride;
        FloatVector sum = FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER);
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
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
