package io.internvl.core.kernel;

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
 * Q6_K: sixteen scales for 16 codes of 6 bits, offset 32. Their upper bits are pairs of bits of 32
 * bytes for 128 codes.
 */
final class GemvNarrowQ6_K extends GemvNarrowKernel {
  private static final int BYTES_OF_BLOCK = 210;
  private static final IntVector LOWER = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector UPPER = IntVector.broadcast(INTS, 0x03030303);

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
        LONGS.set(bytes, 0, w.get(LONG, o + 192));
        LONGS.set(bytes, 8, w.get(LONG, o + 200));
        float d = HalfTable.VALUES[w.get(SHORT, o + 208) & 0xFFFF];
        int at = row * SUMS;
        for (int i = 0; i < SCALES; i += LANES) {
          FloatVector s =
              ((FloatVector)
                      ByteVector.fromArray(BYTES, bytes, i)
                          .convertShape(VectorOperators.B2F, FLOATS, 0))
                  .mul(d);
          s.intoArray(scratch, scales + at + i);
          FloatVector.fromArray(FLOATS, scratch, at + i)
              .sub(s.mul(FloatVector.fromArray(FLOATS, x.sums(), from + i).mul(32f)))
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
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      IntVector scaleOf = IntVector.fromArray(INTS, SCALE_LANES, step * LANES);
      int scales = (1 + block) * ALL_SUMS + firstScale(step);
      int half = group / 4;
      IntVector shift = IntVector.broadcast(INTS, group / 2 % 2 * 4);
      IntVector pair = IntVector.broadcast(INTS, group % 4 * 2);
      long codes = 64L * half + group % 2 * 32;
      long part = (firstBlock + block) * (long) BYTES_OF_BLOCK + step % STEPS_OF_GROUP * STEP;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = part + starts[row];
        IntVector upper =
            IntVector.fromMemorySegment(INTS, w, o + 128 + 32L * half, ORDER)
                .lanewise(VectorOperators.LSHR, pair)
                .and(UPPER)
                .lanewise(VectorOperators.LSHL, 4);
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
