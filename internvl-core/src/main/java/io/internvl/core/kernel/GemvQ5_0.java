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
 * Q5_0: a scale, 32 fifth bits and 32 codes of 4 bits, offset 16, with float32 activations. A fifth
 * bit adds 16 times its activation, under a mask.
 */
final class GemvQ5_0 extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final IntVector LOW_BITS =
      IntVector.broadcast(INTS, 1).lanewise(VectorOperators.LSHL, IntVector.zero(INTS).addIndex(1));

  private static final IntVector HIGH_BITS = LOW_BITS.lanewise(VectorOperators.LSHL, 16);

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
      FloatVector offset0 = FloatVector.fromMemorySegment(FLOATS, x, xo + 128, ORDER).mul(-16f);
      FloatVector low1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 192, ORDER);
      FloatVector byte1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 256, ORDER);
      FloatVector offset1 = FloatVector.fromMemorySegment(FLOATS, x, xo + 320, ORDER).mul(-16f);
      FloatVector low2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 384, ORDER);
      FloatVector byte2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 448, ORDER);
      FloatVector offset2 = FloatVector.fromMemorySegment(FLOATS, x, xo + 512, ORDER).mul(-16f);
      FloatVector low3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 576, ORDER);
      FloatVector byte3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 640, ORDER);
      FloatVector offset3 = FloatVector.fromMemorySegment(FLOATS, x, xo + 704, ORDER).mul(-16f);
      FloatVector lowTop0 = low0.add(byte0).mul(16f);
      FloatVector highTop0 = byte0.mul(256f);
      FloatVector lowTop1 = low1.add(byte1).mul(16f);
      FloatVector highTop1 = byte1.mul(256f);
      FloatVector lowTop2 = low2.add(byte2).mul(16f);
      FloatVector highTop2 = byte2.mul(256f);
      FloatVector lowTop3 = low3.add(byte3).mul(16f);
      FloatVector highTop3 = byte3.mul(256f);
      for (int row = 0; row < rows; row++) {
        long o = offset + row * stride + group * 88L;
        FloatVector sum = FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER);
        IntVector v;
        FloatVector p;
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 6, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low0, offset0);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte0, p);
        v = IntVector.broadcast(INTS, w.get(INT, o + 2));
        p = p.add(lowTop0, v.and(LOW_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        p = p.add(highTop0, v.and(HIGH_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 0) & 0xFFFF]), sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 28, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low1, offset1);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte1, p);
        v = IntVector.broadcast(INTS, w.get(INT, o + 24));
        p = p.add(lowTop1, v.and(LOW_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        p = p.add(highTop1, v.and(HIGH_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 22) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 50, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low2, offset2);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte2, p);
        v = IntVector.broadcast(INTS, w.get(INT, o + 46));
        p = p.add(lowTop2, v.and(LOW_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        p = p.add(highTop2, v.and(HIGH_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 44) & 0xFFFF]),
                sum);
        v =
            (IntVector)
                ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 72, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        p = ((FloatVector) v.and(15).convert(VectorOperators.I2F, 0)).fma(low3, offset3);
        p = ((FloatVector) v.convert(VectorOperators.I2F, 0)).fma(byte3, p);
        v = IntVector.broadcast(INTS, w.get(INT, o + 68));
        p = p.add(lowTop3, v.and(LOW_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        p = p.add(highTop3, v.and(HIGH_BITS).compare(VectorOperators.NE, 0).cast(FLOATS));
        sum =
            p.fma(
                FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 66) & 0xFFFF]),
                sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
