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
      FloatVector offset0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 128, ORDER).mul(-8f);
      FloatVector low1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 192, ORDER);
      FloatVector byte1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 256, ORDER);
      FloatVector offset1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 320, ORDER).mul(-8f);
      FloatVector low2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 384, ORDER);
      FloatVector byte2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 448, ORDER);
      FloatVector offset2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 512, ORDER).mul(-8f);
      FloatVector low3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 576, ORDER);
      FloatVector byte3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 640, ORDER);
      FloatVector offset3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 704, ORDER).mul(-8f);
      for (int row = 0; row < rows; row++) {
        long o = offset + row * stride + group * 72L;
        FloatVector sum = FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 2, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low0, offset0);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte0, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 0) & 0xFFFF]), sum);
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
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 38, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low2, offset2);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte2, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 36) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 56, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low3, offset3);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte3, p);
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 54) & 0xFFFF]),
                sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
