package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.ints;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Unpacks the 16-byte headers of Q4_K and Q5_K: d, dmin and three words u0, u1, u2 of eight 6-bit
 * scales and eight 6-bit minima.
 *
 * <p>With m6 = 0x3f in each byte and m4 = 0x0f in each byte, the scales are the bytes of u0 and m6,
 * and of (u2 and m4) or (u0 / 4 and 0x30); the minima those of u1 and m6, and of (u2 / 16 and m4)
 * or (u1 / 4 and 0x30).
 */
final class SubScales {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  // Scale or minimum j has its own lane: a word that holds its lower bits, and where in it.
  private static final IntVector LOW = ints(1, 1, 1, 1, 3, 3, 3, 3, 2, 2, 2, 2, 3, 3, 3, 3);
  private static final IntVector LOW_SHIFTS =
      ints(0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 4, 12, 20, 28);
  private static final IntVector LOW_MASK =
      ints(63, 63, 63, 63, 15, 15, 15, 15, 63, 63, 63, 63, 15, 15, 15, 15);

  // The same of bits 4 and 5 of the second four of each.
  private static final IntVector HIGH = ints(1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2);
  private static final IntVector HIGH_SHIFTS =
      ints(2, 10, 18, 26, 2, 10, 18, 26, 2, 10, 18, 26, 2, 10, 18, 26);
  private static final IntVector HIGH_MASK =
      ints(0, 0, 0, 0, 48, 48, 48, 48, 0, 0, 0, 0, 48, 48, 48, 48);

  /** Lanes of the minima. */
  private static final VectorMask<Float> MINIMA = VectorMask.fromLong(FLOATS, 0xFF00);

  private SubScales() {}

  /**
   * Decodes the scales and minima of a block of each row, and subtracts what offsets and minima
   * contribute to the products.
   *
   * @param w encoded weights
   * @param at offset of the block in a row
   * @param starts where the rows start
   * @param x sums of the activations, divided by the factor: sixteen of this block
   * @param from index of the first sum
   * @param factor what the scales are multiplied with
   * @param scratch sums of the rows (rows, 16), then receives scales and minima (rows, 16)
   */
  static void decode(
      MemorySegment w, long at, long[] starts, float[] x, int from, float factor, float[] scratch) {
    if (scratch.length < 2 * GemvLoopKernel.ALL_SUMS || from + SuperBlockInput.SCALES > x.length) {
      throw new IllegalArgumentException( // it makes the method too long to be inlined, too
          String.format(
              "sums %d of %d, %d rows from %d to %d, block at %d of %d bytes, scratch of %d",
              from,
              x.length,
              starts.length,
              starts[0],
              starts[RowShares.STREAMS - 1],
              at,
              w.byteSize(),
              scratch.length));
    }
    FloatVector shift = FloatVector.fromArray(FLOATS, x, from);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      long o = at + starts[row];
      IntVector header = IntVector.fromMemorySegment(INTS, w, o, ORDER); // and some codes
      IntVector low =
          LOW.selectFrom(header).lanewise(VectorOperators.LSHR, LOW_SHIFTS).and(LOW_MASK);
      IntVector high =
          HIGH.selectFrom(header).lanewise(VectorOperators.LSHR, HIGH_SHIFTS).and(HIGH_MASK);
      int halves = w.get(INT, o);
      FloatVector d = FloatVector.broadcast(FLOATS, HalfTable.VALUES[halves & 0xFFFF] * factor);
      FloatVector dmin = FloatVector.broadcast(FLOATS, HalfTable.VALUES[halves >>> 16] * factor);
      FloatVector s =
          ((FloatVector) low.or(high).convert(VectorOperators.I2F, 0)).mul(d.blend(dmin, MINIMA));
      int lanes = row * SuperBlockInput.SCALES;
      s.intoArray(scratch, GemvLoopKernel.ALL_SUMS + lanes);
      FloatVector.fromArray(FLOATS, scratch, lanes).sub(s.mul(shift)).intoArray(scratch, lanes);
    }
  }
}
