package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** IQ2_S: indices of 10 bits, signs of 8 bits, a scale for 16 weights. */
final class GemvIQ2_S extends GemvGridKernel {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

  private static final float[] GRID = Codebooks.iq2S(); // (1024, 8)

  @Override
  float scale(MemorySegment w, long offset) {
    return 0.25f * HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 32) {
      int group = from % BLOCK / 32;
      long offset = from / BLOCK * 82L;
      FloatVector x0 = FloatVector.fromArray(EIGHT, x, from);
      FloatVector x1 = FloatVector.fromArray(EIGHT, x, from + 8);
      FloatVector x2 = FloatVector.fromArray(EIGHT, x, from + 16);
      FloatVector x3 = FloatVector.fromArray(EIGHT, x, from + 24);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        int codes = w.get(INT, o + 2 + 4 * group);
        int signs = w.get(INT, o + 34 + 4 * group);
        int high = w.get(BYTE, o + 66 + group); // two more bits of each index
        int factors = w.get(BYTE, o + 74 + group);
        FloatVector p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes & 255 | high << 8 & 768))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR, IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs & 255)))
                .reinterpretAsFloats()
                .mul(x0);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 8 & 255 | high << 6 & 768))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs >>> 8 & 255)))
                .reinterpretAsFloats()
                .fma(x1, p);
        FloatVector q =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 16 & 255 | high << 4 & 768))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs >>> 16 & 255)))
                .reinterpretAsFloats()
                .mul(x2);
        q =
            FloatVector.fromArray(EIGHT, GRID, 8 * (codes >>> 24 | high << 2 & 768))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs >>> 24)))
                .reinterpretAsFloats()
                .fma(x3, q);
        float d = scale(w, o);
        FloatVector sum = FloatVector.fromArray(EIGHT, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(EIGHT, d * (0.5f + (factors & 15))), sum);
        sum = q.fma(FloatVector.broadcast(EIGHT, d * (0.5f + (factors >>> 4 & 15))), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
