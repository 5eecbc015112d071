package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.GemvLoopKernel.ALL_SUMS;
import static io.internvl.core.kernel.GemvLoopKernel.SUMS;
import static io.internvl.core.kernel.NarrowNibbles.SECOND_BLOCK;
import static io.internvl.core.kernel.NarrowNibbles.SECOND_SCALE;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with the codes of Q5_0 and Q5_1 in integers, for {@link GemvNarrowBlockKernel}: as
 * {@link NarrowNibbles#multiplyIntegers}, with a first pass that puts the fifth bits of some blocks
 * where they are added to the other four.
 */
final class NarrowFiveBits {
  /** Vectors of codes of a row whose fifth bits are spread at once. */
  static final int AHEAD = 8;

  /** Floats of scratch: the sums; then a scale and two vectors of fifth bits for each vector. */
  static final int SCRATCH = ALL_SUMS * (1 + 3 * AHEAD);

  private static final int LOWER = ALL_SUMS; // fifth bits of the lower halves, after the scales
  private static final int UPPER = 2 * ALL_SUMS;
  private static final int VECTOR = 3 * ALL_SUMS;
  private static final int BLOCKS = NarrowPairInput.BLOCKS;

  /** The first of the four bits of each lane. */
  private static final IntVector FIRST_BIT = IntVector.fromArray(INTS, firstBits(), 0);

  private static final IntVector FOUR_BITS = IntVector.broadcast(INTS, 0xF);

  /** Copies four bits, the first to bit 4, the second to bit 12, the others to 20 and 28. */
  private static final IntVector COPIES =
      IntVector.broadcast(INTS, 1 << 4 | 1 << 11 | 1 << 18 | 1 << 25);

  private static final IntVector FIFTH = IntVector.broadcast(INTS, 0x10101010);
  private static final IntVector NIBBLES = IntVector.broadcast(INTS, 0x0F0F0F0F);
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x00FF00FF);

  private static final int OFFSET = IntegerCodes.FIVE_BITS.offset;

  private NarrowFiveBits() {}

  private static int[] firstBits() {
    int[] bits = new int[LANES];
    for (int i = 0; i < LANES; i++) {
      bits[i] = 4 * (i % 4);
    }
    return bits;
  }

  /**
   * Adds the products of the rows.
   *
   * @param w encoded weights
   * @param blockBytes size of a block: a scale, a minimum if there is one, a word of fifth bits,
   *     the codes
   * @param minima whether there is one
   * @param starts where the rows start
   * @param input the activations
   * @param cols their number
   * @param scratch sums of the rows (rows, 16), then room for {@link #SCRATCH} floats in all
   */
  static void multiply(
      MemorySegment w,
      int blockBytes,
      boolean minima,
      long[] starts,
      NarrowIntegers input,
      int cols,
      float[] scratch) {
    int vectors = cols / NarrowPairInput.STEP;
    int codes = blockBytes - 16;
    for (int first = 0; first < vectors; first += AHEAD) {
      int end = Math.min(first + AHEAD, vectors);
      spread(w, blockBytes, minima, starts, input, first, end, scratch);
      multiplyCodes(w, blockBytes, codes, starts, input, first, end, scratch);
    }
  }

  private static void spread(
      MemorySegment w,
      int blockBytes,
      boolean minima,
      long[] starts,
      NarrowIntegers input,
      int first,
      int end,
      float[] scratch) {
    int bits = minima ? 32 : 16; // of a word of 64 where the fifth bits start
    for (int vector = first; vector < end; vector++) {
      long at = vector * BLOCKS * (long) blockBytes;
      FloatVector factor = FloatVector.fromArray(FLOATS, input.laneFactors(), vector * LANES);
      FloatVector sums = FloatVector.fromArray(FLOATS, input.laneSums(), vector * LANES);
      int to = ALL_SUMS + (vector - first) * VECTOR;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = at + starts[row];
        long word = w.get(LONG, o);
        long second = LANES == 8 ? w.get(LONG, o + blockBytes) : 0;
        float d = HalfTable.VALUES[(int) word & 0xFFFF];
        float d2 = HalfTable.VALUES[(int) second & 0xFFFF];
        if (minima) { // and what was subtracted from the codes
          float m = HalfTable.VALUES[(int) word >>> 16] + OFFSET * d;
          float m2 = HalfTable.VALUES[(int) second >>> 16] + OFFSET * d2;
          FloatVector.broadcast(FLOATS, m)
              .blend(FloatVector.broadcast(FLOATS, m2), SECOND_SCALE)
              .fma(sums, FloatVector.fromArray(FLOATS, scratch, row * SUMS))
              .intoArray(scratch, row * SUMS);
        }
        int target = to + row * SUMS;
        FloatVector.broadcast(FLOATS, d)
            .blend(FloatVector.broadcast(FLOATS, d2), SECOND_SCALE)
            .mul(factor)
            .intoArray(scratch, target);
        IntVector v =
            IntVector.broadcast(INTS, (int) (word >>> bits))
                .blend(IntVector.broadcast(INTS, (int) (second >>> bits)), SECOND_BLOCK)
                .lanewise(VectorOperators.LSHR, FIRST_BIT);
        v.and(FOUR_BITS)
            .mul(COPIES)
            .and(FIFTH)
            .reinterpretAsFloats()
            .intoArray(scratch, target + LOWER);
        v.lanewise(VectorOperators.LSHR, 16)
            .and(FOUR_BITS)
            .mul(COPIES)
            .and(FIFTH)
            .reinterpretAsFloats()
            .intoArray(scratch, target + UPPER);
      }
    }
  }

  private static void multiplyCodes(
      MemorySegment w,
      int blockBytes,
      int codes,
      long[] starts,
      NarrowIntegers input,
      int firstVector,
      int end,
      float[] scratch) {
    int[] x = input.values();
    int[] offsets = input.offsets();
    for (int vector = firstVector; vector < end; vector++) {
      int i = vector * NarrowPairInput.STEP / 2;
      IntVector x0 = IntVector.fromArray(INTS, x, i);
      IntVector x1 = IntVector.fromArray(INTS, x, i + LANES);
      IntVector x2 = IntVector.fromArray(INTS, x, i + 2 * LANES);
      IntVector x3 = IntVector.fromArray(INTS, x, i + 3 * LANES);
      IntVector first = IntVector.fromArray(INTS, offsets, i);
      IntVector second = IntVector.fromArray(INTS, offsets, i + LANES);
      long at = vector * BLOCKS * (long) blockBytes;
      int from = ALL_SUMS + (vector - firstVector) * VECTOR;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = at + starts[row] + codes;
        IntVector v = IntVector.fromMemorySegment(INTS, w, o, ORDER);
        if (LANES == 8) { // the second block, its codes in lanes 4 to 7
          o += blockBytes - 16;
          v = v.blend(IntVector.fromMemorySegment(INTS, w, o, ORDER), SECOND_BLOCK);
        }
        int lanes = row * SUMS;
        int parts = from + lanes;
        IntVector c =
            v.and(NIBBLES)
                .or(FloatVector.fromArray(FLOATS, scratch, parts + LOWER).reinterpretAsInts());
        IntVector p = c.and(EVEN).mul(x0).add(first);
        IntVector q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        FloatVector low = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        c =
            v.lanewise(VectorOperators.LSHR, 4)
                .and(NIBBLES)
                .or(FloatVector.fromArray(FLOATS, scratch, parts + UPPER).reinterpretAsInts());
        p = c.and(EVEN).mul(x2).add(second);
        q = c.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x3);
        FloatVector high = (FloatVector) p.add(q).convert(VectorOperators.I2F, 0);
        low.add(high)
            .fma(
                FloatVector.fromArray(FLOATS, scratch, parts),
                FloatVector.fromArray(FLOATS, scratch, lanes))
            .intoArray(scratch, lanes);
      }
    }
  }
}
