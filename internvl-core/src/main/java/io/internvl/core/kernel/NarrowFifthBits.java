package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.GemvLoopKernel.SUMS;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Products with the fifth bits of Q5_0 and Q5_1, for {@link GemvNarrowBlockKernel}: eight bits, or
 * four, are the index of a vector of floats that are 8 or -8.
 */
final class NarrowFifthBits {

  /** What is subtracted from the value of a bit, 16 or 0. */
  static final int OFFSET = 8;

  private static final int BLOCK = 32;
  private static final int STEP = 4 * LANES; // weights of a row that are taken at a time
  private static final int INDEX = (1 << LANES) - 1;
  private static final float[] TABLE = table(); // (2^LANES, LANES)

  private NarrowFifthBits() {}

  private static float[] table() {
    float[] table = new float[(INDEX + 1) * LANES];
    for (int i = 0; i < table.length; i++) {
      table[i] = OFFSET * (2 * (i / LANES >> i % LANES & 1) - 1);
    }
    return table;
  }

  /**
   * Adds the products of the rows.
   *
   * @param w encoded weights
   * @param blockBytes size of a block, which starts with its scale
   * @param bits where the word of fifth bits is in a block
   * @param starts where the rows start
   * @param x the activations
   * @param cols their number
   * @param scratch sums of the rows (rows, 16)
   */
  static void multiply(
      MemorySegment w,
      int blockBytes,
      int bits,
      long[] starts,
      float[] x,
      int cols,
      float[] scratch) {
    for (int i = 0; i < cols; i += STEP) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * LANES);
      long at = i / BLOCK * (long) blockBytes;
      int shift = i % BLOCK;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = at + starts[row];
        int word = w.get(INT, o + bits) >>> shift;
        FloatVector p = FloatVector.fromArray(FLOATS, TABLE, LANES * (word & INDEX)).mul(x0);
        FloatVector q =
            FloatVector.fromArray(FLOATS, TABLE, LANES * (word >>> LANES & INDEX)).mul(x1);
        p = FloatVector.fromArray(FLOATS, TABLE, LANES * (word >>> 2 * LANES & INDEX)).fma(x2, p);
        q = FloatVector.fromArray(FLOATS, TABLE, LANES * (word >>> 3 * LANES & INDEX)).fma(x3, q);
        float d = HalfTable.VALUES[w.get(SHORT, o) & 0xFFFF];
        p.add(q)
            .fma(
                FloatVector.broadcast(FLOATS, d),
                FloatVector.fromArray(FLOATS, scratch, row * SUMS))
            .intoArray(scratch, row * SUMS);
      }
    }
  }
}
