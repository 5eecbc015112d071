package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** IQ1_S: indices of 11 bits, a scale and an offset of all values for 32 weights. */
final class GemvIQ1_S extends GemvGridKernel {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;

  private static final float[] DELTAS = {0.125f, -0.125f};
  private static final float[] GRID = Codebooks.iq1(); // (2048, 8)

  @Override
  float scale(MemorySegment w, long offset) {
    return HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 32) {
      int group = from % BLOCK / 32;
      long offset = from / BLOCK * 50L;
      FloatVector x0 = FloatVector.fromArray(EIGHT, x, from);
      FloatVector x1 = FloatVector.fromArray(EIGHT, x, from + 8);
      FloatVector x2 = FloatVector.fromArray(EIGHT, x, from + 16);
      FloatVector x3 = FloatVector.fromArray(EIGHT, x, from + 24);
      FloatVector all = x0.add(x1).add(x2.add(x3));
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        int codes = w.get(INT, o + 2 + 4 * group);
        int high =
            w.get(SHORT, o + 34 + 2 * group); // three more bits of each, scale, sign of delta
        FloatVector p = all.mul(DELTAS[high >>> 15 & 1]);
        p = FloatVector.fromArray(EIGHT, GRID, 8 * (codes & 255 | high << 8 & 0x700)).fma(x0, p);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 8 & 255 | high << 5 & 0x700))
                .fma(x1, p);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 16 & 255 | high << 2 & 0x700))
                .fma(x2, p);
        p = FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 24 | high >>> 1 & 0x700)).fma(x3, p);
        float scale = scale(w, o) * (2 * (high >>> 12 & 7) + 1);
        FloatVector sum = FloatVector.fromArray(EIGHT, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(EIGHT, scale), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
