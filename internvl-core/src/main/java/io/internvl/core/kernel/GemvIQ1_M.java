package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** IQ1_M: indices of 11 bits with an offset of their values, a scale for 16 weights. */
final class GemvIQ1_M extends GemvGridKernel {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;

  private static final float[] DELTAS = {0.125f, -0.125f};
  private static final float[] GRID = Codebooks.iq1(); // (2048, 8)

  @Override
  float scale(MemorySegment w, long offset) {
    return scaleOf(w.get(LONG, offset + 48));
  }

  /** Joins the upper nibbles of four words. */
  private static float scaleOf(long words) {
    int bits =
        (int)
            (words >>> 12 & 0xF
                | words >>> 24 & 0xF0
                | words >>> 36 & 0xF00
                | words >>> 48 & 0xF000);
    return HalfTable.VALUES[bits];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 32) {
      int group = from % BLOCK / 32;
      long offset = from / BLOCK * 56L;
      FloatVector x0 = FloatVector.fromArray(EIGHT, x, from);
      FloatVector x1 = FloatVector.fromArray(EIGHT, x, from + 8);
      FloatVector x2 = FloatVector.fromArray(EIGHT, x, from + 16);
      FloatVector x3 = FloatVector.fromArray(EIGHT, x, from + 24);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        int codes = w.get(INT, o + 4 * group);
        int high = w.get(SHORT, o + 32 + 2 * group); // three more bits of each, sign of delta
        int factors = w.get(SHORT, o + 48 + group / 2 * 2) >>> group % 2 * 6;
        FloatVector p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes & 255 | high << 8 & 0x700))
                .add(DELTAS[high >>> 3 & 1])
                .mul(x0);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 8 & 255 | high << 4 & 0x700))
                .add(DELTAS[high >>> 7 & 1])
                .fma(x1, p);
        FloatVector q =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 16 & 255 | high & 0x700))
                .add(DELTAS[high >>> 11 & 1])
                .mul(x2);
        q =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 24 | high >>> 4 & 0x700))
                .add(DELTAS[high >>> 15 & 1])
                .fma(x3, q);
        float d = scale(w, o);
        FloatVector sum = FloatVector.fromArray(EIGHT, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(EIGHT, d * (2 * (factors & 7) + 1)), sum);
        sum = q.fma(FloatVector.broadcast(EIGHT, d * (2 * (factors >>> 3 & 7) + 1)), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
