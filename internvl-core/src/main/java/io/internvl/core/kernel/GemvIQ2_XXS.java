package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** IQ2_XXS: indices of 8 bits, signs of 7 bits, a scale for 32 weights. */
final class GemvIQ2_XXS extends GemvGridKernel {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

  private static final float[] GRID = Codebooks.iq2Xxs(); // (256, 8)

  @Override
  float scale(MemorySegment w, long offset) {
    return 0.25f * HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 32) {
      int group = from % BLOCK / 32;
      long offset = from / BLOCK * 66L;
      FloatVector x0 = FloatVector.fromArray(EIGHT, x, from);
      FloatVector x1 = FloatVector.fromArray(EIGHT, x, from + 8);
      FloatVector x2 = FloatVector.fromArray(EIGHT, x, from + 16);
      FloatVector x3 = FloatVector.fromArray(EIGHT, x, from + 24);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        long v = w.get(LONG, o + 2 + 8 * group); // four indices, four signs, scale
        int signs = (int) (v >>> 32);
        FloatVector p =
            FloatVector.fromArray(EIGHT, GRID, 8 * ((int) v & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs & 127)))
                .reinterpretAsFloats()
                .mul(x0);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * ((int) v >>> 8 & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs >>> 7 & 127)))
                .reinterpretAsFloats()
                .fma(x1, p);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * ((int) v >>> 16 & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs >>> 14 & 127)))
                .reinterpretAsFloats()
                .fma(x2, p);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * ((int) v >>> 24 & 255))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (signs >>> 21 & 127)))
                .reinterpretAsFloats()
                .fma(x3, p);
        float scale = scale(w, o) * (0.5f + (signs >>> 28));
        FloatVector sum = FloatVector.fromArray(EIGHT, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(EIGHT, scale), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
