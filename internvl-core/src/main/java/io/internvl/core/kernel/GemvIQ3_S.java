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

/** IQ3_S: indices of 9 bits of four weights, signs of 8 bits of eight, a scale for 32. */
final class GemvIQ3_S extends GemvGridKernel {
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_128;

  private static final float[] GRID = Codebooks.iq3S(); // (512, 4)

  @Override
  float scale(MemorySegment w, long offset) {
    return HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 16) {
      int group = from % BLOCK / 16;
      long offset = from / BLOCK * 110L;
      FloatVector x0 = FloatVector.fromArray(FOUR, x, from);
      FloatVector x1 = FloatVector.fromArray(FOUR, x, from + 4);
      FloatVector x2 = FloatVector.fromArray(FOUR, x, from + 8);
      FloatVector x3 = FloatVector.fromArray(FOUR, x, from + 12);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        int codes = w.get(INT, o + 2 + 4 * group);
        int high = w.get(BYTE, o + 66 + group / 2) >>> group % 2 * 4; // a ninth bit of each index
        int signs = w.get(SHORT, o + 74 + 2 * group);
        int factors = w.get(BYTE, o + 106 + group / 4) >>> group / 2 % 2 * 4;
        FloatVector p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes & 255 | high << 8 & 256))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR, IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs & 255)))
                .reinterpretAsFloats()
                .mul(x0);
        p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes >>> 8 & 255 | high << 7 & 256))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs & 255) + 4))
                .reinterpretAsFloats()
                .fma(x1, p);
        p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes >>> 16 & 255 | high << 6 & 256))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs >>> 8 & 255)))
                .reinterpretAsFloats()
                .fma(x2, p);
        p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes >>> 24 | high << 5 & 256))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.ALL, 8 * (signs >>> 8 & 255) + 4))
                .reinterpretAsFloats()
                .fma(x3, p);
        float scale = scale(w, o) * (1 + 2 * (factors & 15));
        FloatVector sum = FloatVector.fromArray(FOUR, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(FOUR, scale), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
