package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
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

/** Q2_K: sixteen scales and minima of 4 bits for 16 codes of 2 bits. */
final class GemvNarrowQ2_K extends GemvNarrowKernel {
  private static final int BYTES_OF_BLOCK = 84;
  private static final IntVector CODES = IntVector.broadcast(INTS, 0x03030303);
  private static final long LOWER_BITS = 0x0F0F0F0F_0F0F0F0FL;

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
        long first = w.get(LONG, o);
        long second = w.get(LONG, o + 8);
        LONGS.set(bytes, 0, first & LOWER_BITS);
        LONGS.set(bytes, 8, second & LOWER_BITS);
        LONGS.set(bytes, SCALES, first >>> 4 & LOWER_BITS);
        LONGS.set(bytes, SCALES + 8, second >>> 4 & LOWER_BITS);
        int halves = w.get(INT, o + 80);
        float d = HalfTable.VALUES[halves & 0xFFFF];
        float dmin = HalfTable.VALUES[halves >>> 16];
        int at = row * SUMS;
        for (int i = 0; i < SCALES; i += LANES) {
          ((FloatVector)
                  ByteVector.fromArray(BYTES, bytes, i)
                      .convertShape(VectorOperators.B2F, FLOATS, 0))
              .mul(d)
              .intoArray(scratch, scales + at + i);
          FloatVector m =
              ((FloatVector)
                      ByteVector.fromArray(BYTES, bytes, SCALES + i)
                          .convertShape(VectorOperators.B2F, FLOATS, 0))
                  .mul(dmin);
          FloatVector.fromArray(FLOATS, scratch, at + i)
              .sub(m.mul(FloatVector.fromArray(FLOATS, x.sums(), from + i)))
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
      IntVector shift = IntVector.broadcast(INTS, group % 4 * 2);
      long codes = 16 + group / 4 * 32L;
      long part = (firstBlock + block) * (long) BYTES_OF_BLOCK + step % STEPS_OF_GROUP * STEP;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = part + starts[row];
        IntVector v =
            IntVector.fromMemorySegment(INTS, w, o + codes, ORDER)
                .lanewise(VectorOperators.LSHR, shift)
                .and(CODES);
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
