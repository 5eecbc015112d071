package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q4_K with 16-bit integer activations, for vectors of 512 bits.
 *
 * <p>64 bytes hold 128 weights. Taken as 16-bit lanes, the four halves of a lane are masked out and
 * multiplied with the activations in 16 bits; two products are added before they are widened. The
 * 12 bytes of scales and minima become one vector, scales in the lower and minima in the upper
 * eight lanes, which is multiplied with the sums of the activations and spread over the products.
 */
final class GemvQ4_K extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK_BYTES = TensorType.Q4_K.blockBytes();

  @Override
  boolean fits(int cols) {
    return cols % SuperBlockInput.BLOCK == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.fourBits().prepare(x.floats(), x.cols());
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
    SuperBlockInput input = x.fourBits();
    blocks(w, offset, stride, rows, input.integers(), input.scales(), input.sums(), cols, sums);
  }

  private static void blocks(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      MemorySegment q,
      MemorySegment scales,
      MemorySegment offsets,
      int cols,
      MemorySegment sums) {
    int blocks = cols / SuperBlockInput.BLOCK;
    for (int block = 0; block < blocks; block++) {
      float scale = scales.get(ValueLayout.JAVA_FLOAT, 4L * block);
      long qo = 512L * block;
      for (int row = 0; row < rows; row++) {
        long o = offset + row * stride + (long) block * BLOCK_BYTES;
        IntVector header = IntVector.fromMemorySegment(SubScaleLanes.INTS_128, w, o, ORDER);
        IntVector low =
            header
                .rearrange(SubScaleLanes.LOW)
                .lanewise(VectorOperators.LSHR, SubScaleLanes.LOW_SHIFTS)
                .and(SubScaleLanes.LOW_MASK);
        IntVector high =
            header
                .rearrange(SubScaleLanes.HIGH)
                .lanewise(VectorOperators.LSHR, 2)
                .and(SubScaleLanes.HIGH_MASK);
        FloatVector d =
            FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF] * scale);
        FloatVector dmin =
            FloatVector.broadcast(FLOATS, HalfTable.VALUES[w.get(SHORT, o + 2) & 0xFFFF] * scale);
        FloatVector s =
            ((FloatVector)
                    low.or(high).reinterpretAsBytes().convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(d.blend(dmin, SubScaleLanes.MINIMA));
        FloatVector minima = FloatVector.fromMemorySegment(FLOATS, offsets, 64L * block, ORDER);
        FloatVector sum =
            FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER).sub(s.mul(minima));
        ShortVector v =
            ByteVector.fromMemorySegment(ByteVector.SPECIES_512, w, o + 16, ORDER)
                .reinterpretAsShorts();
        ShortVector a =
            v.and((short) 15)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo, ORDER))
                .add(
                    v.lanewise(VectorOperators.LSHR, 8)
                        .and((short) 15)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 64, ORDER)));
        ShortVector b =
            v.lanewise(VectorOperators.LSHR, 4)
                .and((short) 15)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 128, ORDER))
                .add(
                    v.lanewise(VectorOperators.LSHR, 12)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 192, ORDER)));
        IntVector p = a.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .fma(s.rearrange(SubScaleLanes.SCALES_0), sum);
        p = b.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .fma(s.rearrange(SubScaleLanes.SCALES_1), sum);
        v =
            ByteVector.fromMemorySegment(ByteVector.SPECIES_512, w, o + 80, ORDER)
                .reinterpretAsShorts();
        a =
            v.and((short) 15)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 256, ORDER))
                .add(
                    v.lanewise(VectorOperators.LSHR, 8)
                        .and((short) 15)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 320, ORDER)));
        b =
            v.lanewise(VectorOperators.LSHR, 4)
                .and((short) 15)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 384, ORDER))
                .add(
                    v.lanewise(VectorOperators.LSHR, 12)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 448, ORDER)));
        p = a.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .fma(s.rearrange(SubScaleLanes.SCALES_2), sum);
        p = b.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum =
            ((FloatVector) p.convert(VectorOperators.I2F, 0))
                .fma(s.rearrange(SubScaleLanes.SCALES_3), sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
