package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** IQ3_XXS with vectors of 256 bits: two codes of four weights are joined. */
final class GemvIQ3_XXSPairs extends GemvGridKernel {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

  /** Four zeros, then the float bits of each code and four zeros. */
  private static final int[] GRID = spaced(Codebooks.iq3Xxs());

  @Override
  float scale(MemorySegment w, long offset) {
    return 0.5f * HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 32) {
      int group = from % BLOCK / 32;
      long offset = from / BLOCK * 98L;
      FloatVector x0 = FloatVector.fromArray(EIGHT, x, from);
      FloatVector x1 = FloatVector.fromArray(EIGHT, x, from + 8);
      FloatVector x2 = FloatVector.fromArray(EIGHT, x, from + 16);
      FloatVector x3 = FloatVector.fromArray(EIGHT, x, from + 24);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        long codes = w.get(LONG, o + 2 + 8 * group);
        int low = (int) codes;
        int up = (int) (codes >>> 32);
        int word = w.get(INT, o + 66 + 4 * group); // four signs, scale
        FloatVector p =
            IntVector.fromArray(INTS, GRID, 8 * (low & 255) + 4)
                .lanewise(
                    VectorOperators.OR, IntVector.fromArray(INTS, GRID, 8 * (low >>> 8 & 255)))
                .lanewise(
                    VectorOperators.XOR, IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word & 127)))
                .reinterpretAsFloats()
                .mul(x0);
        FloatVector q =
            IntVector.fromArray(INTS, GRID, 8 * (low >>> 16 & 255) + 4)
                .lanewise(VectorOperators.OR, IntVector.fromArray(INTS, GRID, 8 * (low >>> 24)))
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 7 & 127)))
                .reinterpretAsFloats()
                .mul(x1);
        p =
            IntVector.fromArray(INTS, GRID, 8 * (up & 255) + 4)
                .lanewise(VectorOperators.OR, IntVector.fromArray(INTS, GRID, 8 * (up >>> 8 & 255)))
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 14 & 127)))
                .reinterpretAsFloats()
                .fma(x2, p);
        q =
            IntVector.fromArray(INTS, GRID, 8 * (up >>> 16 & 255) + 4)
                .lanewise(VectorOperators.OR, IntVector.fromArray(INTS, GRID, 8 * (up >>> 24)))
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 21 & 127)))
                .reinterpretAsFloats()
                .fma(x3, q);
        float scale = scale(w, o) * (0.5f + (word >>> 28));
        FloatVector sum = FloatVector.fromArray(EIGHT, scratch, row * SUMS);
        p.add(q).fma(FloatVector.broadcast(EIGHT, scale), sum).intoArray(scratch, row * SUMS);
      }
    }
  }
}
