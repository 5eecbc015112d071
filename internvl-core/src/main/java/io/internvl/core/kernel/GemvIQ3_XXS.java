package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** IQ3_XXS: indices of 8 bits of four weights, signs of 7 bits of eight, a scale for 32. */
final class GemvIQ3_XXS extends GemvGridKernel {
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_128;

  private static final float[] GRID = Codebooks.iq3Xxs(); // (256, 4)

  @Override
  float scale(MemorySegment w, long offset) {
    return 0.5f * HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 16) {
      int group = from % BLOCK / 16;
      long offset = from / BLOCK * 98L;
      FloatVector x0 = FloatVector.fromArray(FOUR, x, from);
      FloatVector x1 = FloatVector.fromArray(FOUR, x, from + 4);
      FloatVector x2 = FloatVector.fromArray(FOUR, x, from + 8);
      FloatVector x3 = FloatVector.fromArray(FOUR, x, from + 12);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        int codes = w.get(INT, o + 2 + 4 * group);
        int word = w.get(INT, o + 66 + group / 2 * 4); // four signs, scale
        int signs = word >>> group % 2 * 14;
        FloatVector p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs & 127)))
                .reinterpretAsFloats()
                .mul(x0);
        p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes >>> 8 & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs & 127) + 4))
                .reinterpretAsFloats()
                .fma(x1, p);
        p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes >>> 16 & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs >>> 7 & 127)))
                .reinterpretAsFloats()
                .fma(x2, p);
        p =
            FloatVector.fromArray(FOUR, GRID, 4 * (codes >>> 24))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs >>> 7 & 127) + 4))
                .reinterpretAsFloats()
                .fma(x3, p);
        float scale = scale(w, o) * (0.5f + (word >>> 28));
        FloatVector sum = FloatVector.fromArray(FOUR, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(FOUR, scale), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
