package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.GemvLoopKernel.SUMS;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with codes of four bits in blocks of 32, for {@link GemvNarrowBlockKernel}: codes i and
 * i + 16 are the halves of byte i, four bytes are a 32-bit lane, so that a vector of 256 bits holds
 * two blocks. A block starts with its scale. {@link #OFFSET} is subtracted from every code.
 */
final class NarrowNibbles {

  /** Lanes of the second block of a vector of 256 bits. */
  static final VectorMask<Integer> SECOND_BLOCK =
      VectorMask.fromLong(INTS, 0xF0 & (1L << LANES) - 1);

  /** The same for floats. */
  static final VectorMask<Float> SECOND_SCALE = SECOND_BLOCK.cast(FLOATS);

  private static final int BLOCKS = NarrowPairInput.BLOCKS;

  private static final IntVector FIRST = IntVector.broadcast(INTS, 0x0F);
  private static final IntVector SECOND = IntVector.broadcast(INTS, 0x0F00);
  private static final IntVector THIRD = IntVector.broadcast(INTS, 0x0F0000);
  private static final IntVector FOURTH = IntVector.broadcast(INTS, 0x0F000000);

  /** Lower halves of even bytes. */
  private static final IntVector EVEN = IntVector.broadcast(INTS, 0x000F000F);

  /** What is subtracted from the codes. */
  static final int OFFSET = 8;

  private NarrowNibbles() {}

  /**
   * Multiplies with integer activations: a lane has eight products.
   *
   * @param w encoded weights
   * @param blockBytes size of a block: a scale, a minimum if there is one, the codes
   * @param minima whether there is one
   * @param starts where the rows start
   * @param input the activations
   * @param cols their number
   * @param scratch sums of the rows (rows, 16)
   */
  static void multiplyIntegers(
      MemorySegment w,
      int blockBytes,
      boolean minima,
      long[] starts,
      NarrowIntegers input,
      int cols,
      float[] scratch) {
    int[] x = input.values();
    int[] offsets = input.offsets();
    float[] factors = input.laneFactors();
    float[] laneSums = input.laneSums();
    int codes = blockBytes - 16;
    for (int block = 0; block < cols / NarrowIntegers.GROUP; block += BLOCKS) {
      int i = block * NarrowIntegers.GROUP / 2;
      IntVector x0 = IntVector.fromArray(INTS, x, i);
      IntVector x1 = IntVector.fromArray(INTS, x, i + LANES);
      IntVector x2 = IntVector.fromArray(INTS, x, i + 2 * LANES);
      IntVector x3 = IntVector.fromArray(INTS, x, i + 3 * LANES);
      IntVector first = IntVector.fromArray(INTS, offsets, i);
      FloatVector factor = FloatVector.fromArray(FLOATS, factors, block * 4);
      long at = block * (long) blockBytes;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = at + starts[row];
        IntVector v = IntVector.fromMemorySegment(INTS, w, o + codes, ORDER);
        int halves = w.get(INT, o); // and maybe the first codes
        int second = 0;
        if (LANES == 8) { // the second block, its codes in lanes 4 to 7
          o += blockBytes;
          v = v.blend(IntVector.fromMemorySegment(INTS, w, o + codes - 16, ORDER), SECOND_BLOCK);
          second = w.get(INT, o);
        }
        float d = HalfTable.VALUES[halves & 0xFFFF];
        float d2 = HalfTable.VALUES[second & 0xFFFF];
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, row * SUMS);
        if (minima) { // and what was subtracted from the codes
          float m = HalfTable.VALUES[halves >>> 16] + OFFSET * d;
          float m2 = HalfTable.VALUES[second >>> 16] + OFFSET * d2;
          sum =
              FloatVector.broadcast(FLOATS, m)
                  .blend(FloatVector.broadcast(FLOATS, m2), SECOND_SCALE)
                  .fma(FloatVector.fromArray(FLOATS, laneSums, block * 4), sum);
        }
        FloatVector scale =
            FloatVector.broadcast(FLOATS, d).blend(FloatVector.broadcast(FLOATS, d2), SECOND_SCALE);
        IntVector p = v.and(EVEN).mul(x0).add(first);
        IntVector q = v.lanewise(VectorOperators.LSHR, 8).and(EVEN).mul(x1);
        p = p.add(v.lanewise(VectorOperators.LSHR, 4).and(EVEN).mul(x2));
        q = q.add(v.lanewise(VectorOperators.LSHR, 12).and(EVEN).mul(x3));
        ((FloatVector) p.add(q).convert(VectorOperators.I2F, 0))
            .mul(factor)
            .fma(scale, sum)
            .intoArray(scratch, row * SUMS);
      }
    }
  }

  /**
   * Multiplies with float32 activations: a field of four bits of each byte is multiplied where it
   * is, as in {@link GemvNarrowKernel}; of a vector the lower halves first, then the upper ones.
   *
   * @param w encoded weights
   * @param blockBytes size of a block
   * @param codes where the codes start in a block
   * @param starts where the rows start
   * @param input the activations
   * @param cols their number
   * @param scratch sums of the rows (rows, 16)
   */
  static void multiplyFloats(
      MemorySegment w,
      int blockBytes,
      int codes,
      long[] starts,
      NarrowPairInput input,
      int cols,
      float[] scratch) {
    float[] x = input.values();
    float[] laneSums = input.laneSums();
    for (int step = 0; step < cols / NarrowPairInput.STEP * 2; step++) {
      int i = step * 4 * LANES;
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      FloatVector first = FloatVector.fromArray(FLOATS, laneSums, i / 4).mul(-OFFSET);
      int shift = step % 2 * 4;
      long at = step / 2 * BLOCKS * (long) blockBytes;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = at + starts[row];
        IntVector v = IntVector.fromMemorySegment(INTS, w, o + codes, ORDER);
        float d = HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF];
        FloatVector scale = FloatVector.broadcast(FLOATS, d);
        if (LANES == 8) { // the second block, its codes in lanes 4 to 7
          o += blockBytes;
          v = v.blend(IntVector.fromMemorySegment(INTS, w, o + codes - 16, ORDER), SECOND_BLOCK);
          d = HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF];
          scale = scale.blend(FloatVector.broadcast(FLOATS, d), SECOND_SCALE);
        }
        v = v.lanewise(VectorOperators.LSHR, shift);
        FloatVector p = ((FloatVector) v.and(FIRST).convert(VectorOperators.I2F, 0)).fma(x0, first);
        FloatVector q = ((FloatVector) v.and(SECOND).convert(VectorOperators.I2F, 0)).mul(x1);
        p = ((FloatVector) v.and(THIRD).convert(VectorOperators.I2F, 0)).fma(x2, p);
        q = ((FloatVector) v.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(x3, q);
        p.add(q)
            .fma(scale, FloatVector.fromArray(FLOATS, scratch, row * SUMS))
            .intoArray(scratch, row * SUMS);
      }
    }
  }
}
