package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q3_K: sixteen scales of 6 bits for 16 codes of 3 bits, offset 4. The upper bits of 32 codes are
 * one bit of 32 bytes.
 */
final class GemvNarrowQ3_K extends GemvNarrowKernel {
  private static final int BYTES_OF_BLOCK = 110;
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x03030303);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0x01010101);
  private static final long LOWER_BITS = 0x0F0F0F0F_0F0F0F0FL;
  private static final int UPPER_BITS = 0x30303030;

  @Override
  void decodeScales(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowInput x,
      byte[] bytes,
      float[] scratch) {
    for (int block = 0; block < blocks; block++) {
      long offset = (firstBlock + block) * (long) BYTES_OF_BLOCK;
      int from = (firstBlock + block) * SCALES;
      int scales = (1 + block) * ALL_SUMS;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        long low = w.get(LONG, o + 96);
        int high = w.get(INT, o + 104);
        long first = (long) (high << 2 & UPPER_BITS) << 32 | high << 4 & UPPER_BITS;
        long second = (long) (high >>> 2 & UPPER_BITS) << 32 | high & UPPER_BITS;
        LONGS.set(bytes, 0, low & LOWER_BITS | first);
        LONGS.set(bytes, 8, low >>> 4 & LOWER_BITS | second);
        float d = HalfTable.VALUES[w.get(SHORT, o + 108) & 0xFFFF];
        int at = row * SUMS;
        for (int i = 0; i < SCALES; i += LANES) {
          FloatVector s =
              ((FloatVector)
                      ByteVector.fromArray(BYTES, bytes, i)
                          .convertShape(VectorOperators.B2F, FLOATS, 0))
                  .sub(32f)
                  .mul(d);
          s.intoArray(scratch, scales + at + i);
          FloatVector.fromArray(FLOATS, scratch, at + i)
              .sub(s.mul(FloatVector.fromArray(FLOATS, x.sums(), from + i).mul(4f)))
              .intoArray(scratch, at + i);
        }
      }
    }
  }

  @Override
  void multiplyCodes(
      MemorySegment w, int firstBlock, int blocks, long[] starts, float[] x, float[] scratch) {
    for (int all = 0; all < blocks * STEPS; all++) {
      int block = all / STEPS;
      int step = all % STEPS;
      int group = step / STEPS_OF_GROUP;
      int i = firstBlock * BLOCK + all * STEP;
      IntVector bit = IntVector.broadcast(INTS, group);
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALE_LANES, step * LANES);
      int scales = (1 + block) * ALL_SUMS + firstScale(step);
      IntVector shift = IntVector.broadcast(INTS, group % 4 * 2);
      long codes = 32 + group / 4 * 32L;
      long part = (firstBlock + block) * (long) BYTES_OF_BLOCK + step % STEPS_OF_GROUP * STEP;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = part + starts[row];
        IntVector upper =
            IntVector.fromMemorySegment(INTS, w, o, ORDER)
                .lanewise(VectorOperators.LSHR, bit)
                .and(UPPER)
                .lanewise(VectorOperators.LSHL, 2);
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + codes, ORDER)
                .lanewise(VectorOperators.LSHR, shift)
                .and(LOWER)
                .or(upper);
        FloatVector p = ((FloatVector) v.and(FIRST).convert(VectorOperators.I2F, 0)).mul(x0);
        FloatVector q = ((FloatVector) v.and(SECOND).convert(VectorOperators.I2F, 0)).mul(x1);
        p = ((FloatVector) v.and(THIRD).convert(VectorOperators.I2F, 0)).fma(x2, p);
        q = ((FloatVector) v.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(x3, q);
        int at = row * SUMS;
        IntVector s = FloatVector.fromArray(FLOATS, scratch, scales + at).reinterpretAsInts();
        p.add(q)
            .fma(
                scaleOf.selectFrom(s).reinterpretAsFloats(),
                FloatVector.fromArray(FLOATS, scratch, at))
            .intoArray(scratch, at);
      }
    }
  }
}
