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
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Q6_K with 16-bit integer activations, for vectors of 512 bits.
 *
 * <p>64 bytes of lower bits and 32 bytes of upper bits hold 128 weights. The upper bits are
 * doubled, shifted into place and joined; the codes, 0 to 63, are multiplied as 16-bit lanes. Their
 * offset of 32 goes through the sums of the activations.
 */
final class GemvQ6_K extends GemvLoopKernel {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK_BYTES = TensorType.Q6_K.blockBytes();

  /** The upper bits of the first and of the second 128 weights, twice each. */
  private static final VectorShuffle<Long> FIRST =
      VectorShuffle.fromOp(LongVector.SPECIES_512, lane -> lane % 4);

  private static final VectorShuffle<Long> SECOND =
      VectorShuffle.fromOp(LongVector.SPECIES_512, lane -> 4 + lane % 4);

  /** The copy for bytes 32 to 63 has its bits two places further up. */
  private static final ShortVector SHIFTS =
      ShortVector.zero(ShortVector.SPECIES_512)
          .blend((short) 2, VectorMask.fromLong(ShortVector.SPECIES_512, -1L << 16 & 0xFFFF_FFFFL));

  // Four lanes of sums belong to one of the sixteen scales.
  private static final VectorShuffle<Float> SCALES_0 = spread(0);
  private static final VectorShuffle<Float> SCALES_1 = spread(4);
  private static final VectorShuffle<Float> SCALES_2 = spread(8);
  private static final VectorShuffle<Float> SCALES_3 = spread(12);

  private static VectorShuffle<Float> spread(int first) {
    return VectorShuffle.fromOp(FLOATS, lane -> (first + lane / 4) % FLOATS.length());
  }

  @Override
  boolean fits(int cols) {
    return cols % SuperBlockInput.BLOCK == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.sixBits().prepare(x.floats(), x.cols());
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
    SuperBlockInput input = x.sixBits();
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
      FloatVector shift = FloatVector.fromMemorySegment(FLOATS, offsets, 64L * block, ORDER);
      for (int row = 0; row < rows; row++) {
        long o = offset + row * stride + (long) block * BLOCK_BYTES;
        float d = HalfTable.VALUES[w.get(SHORT, o + 208) & 0xFFFF] * scale;
        FloatVector s =
            ((FloatVector)
                    ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, o + 192, ORDER)
                        .convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(d);
        FloatVector sum =
            FloatVector.fromMemorySegment(FLOATS, sums, 64L * row, ORDER).sub(s.mul(shift));
        LongVector upper =
            ByteVector.fromMemorySegment(ByteVector.SPECIES_512, w, o + 128, ORDER)
                .reinterpretAsLongs();
        ShortVector low =
            ByteVector.fromMemorySegment(ByteVector.SPECIES_512, w, o + 0, ORDER)
                .reinterpretAsShorts();
        ShortVector top =
            upper.rearrange(FIRST).reinterpretAsShorts().lanewise(VectorOperators.LSHR, SHIFTS);
        ShortVector a =
            low.and((short) 0x0F0F).or(top.lanewise(VectorOperators.LSHL, 4).and((short) 0x3030));
        ShortVector b =
            low.lanewise(VectorOperators.LSHR, 4).and((short) 0x0F0F).or(top.and((short) 0x3030));
        a =
            a.and((short) 0xFF)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 0, ORDER))
                .add(
                    a.lanewise(VectorOperators.LSHR, 8)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 64, ORDER)));
        b =
            b.and((short) 0xFF)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 128, ORDER))
                .add(
                    b.lanewise(VectorOperators.LSHR, 8)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 192, ORDER)));
        IntVector p = a.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s.rearrange(SCALES_0), sum);
        p = b.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s.rearrange(SCALES_1), sum);
        low =
            ByteVector.fromMemorySegment(ByteVector.SPECIES_512, w, o + 64, ORDER)
                .reinterpretAsShorts();
        top = upper.rearrange(SECOND).reinterpretAsShorts().lanewise(VectorOperators.LSHR, SHIFTS);
        a = low.and((short) 0x0F0F).or(top.lanewise(VectorOperators.LSHL, 4).and((short) 0x3030));
        b = low.lanewise(VectorOperators.LSHR, 4).and((short) 0x0F0F).or(top.and((short) 0x3030));
        a =
            a.and((short) 0xFF)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 256, ORDER))
                .add(
                    a.lanewise(VectorOperators.LSHR, 8)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 320, ORDER)));
        b =
            b.and((short) 0xFF)
                .mul(ShortVector.fromMemorySegment(ShortVector.SPECIES_512, q, qo + 384, ORDER))
                .add(
                    b.lanewise(VectorOperators.LSHR, 8)
                        .mul(
                            ShortVector.fromMemorySegment(
                                ShortVector.SPECIES_512, q, qo + 448, ORDER)));
        p = a.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s.rearrange(SCALES_2), sum);
        p = b.reinterpretAsInts();
        p = p.and(0xFFFF0000).add(p.lanewise(VectorOperators.LSHL, 16));
        sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s.rearrange(SCALES_3), sum);
        sum.intoMemorySegment(sums, 64L * row, ORDER);
      }
    }
  }
}
