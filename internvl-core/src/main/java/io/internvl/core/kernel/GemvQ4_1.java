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

/** Q4_1: a scale, a minimum and 32 codes of 4 bits, with float32 activations. */
final class GemvQ4_1 extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  boolean fits(int cols) {
    return cols % 128 == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.nibbles().prepare(x.floats(), x.cols());
  }

  @Override
  void rows(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      TokenInput x,
      int cols,
      MemorySegment sums) {
    blocks(w, offset, stride, rows, x.nibbles().segment(), cols, sums);
  }

  /** Takes four blocks of each row at a time. */
  private static void blocks(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      MemorySegment x,
      int cols,
      MemorySegment sums) {
    int groups = cols / 128;
    for (int group = 0; group < groups; group++) {
      long xo = group * (4 * NibbleInput.BLOCK_BYTES);
      FloatVector low0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 0, ORDER);
      FloatVector byte0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 64, ORDER);
      FloatVector whole0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 128, ORDER);
      FloatVector low1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 192, ORDER);
      FloatVector byte1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 256, ORDER);
      FloatVector whole1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 320, ORDER);
      FloatVector low2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 384, ORDER);
      FloatVector byte2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 448, ORDER);
      FloatVector whole2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 512, ORDER);
      FloatVector low3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 576, ORDER);
      FloatVector byte3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 640, ORDER);
      FloatVector whole3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 704, ORDER);
      for (int row = 0; row < rows; row++) {
        long o = offset + row * stride + group * 80L;
        FloatVector sum = FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 4, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).mul(low0);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte0, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 0) & 0xFFFF]), sum);
        sum =
            whole0.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 2) & 0xFFFF]), sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 24, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).mul(low1);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte1, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 20) & 0xFFFF]),
                sum);
        sum =
            whole1.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 22) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 44, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).mul(low2);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte2, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 40) & 0xFFFF]),
                sum);
        sum =
            whole2.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 42) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 64, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).mul(low3);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte3, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 60) & 0xFFFF]),
                sum);
        sum =
            whole3.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 62) & 0xFFFF]),
                sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
