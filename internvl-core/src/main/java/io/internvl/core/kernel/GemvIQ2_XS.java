package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** IQ2_XS: indices of 9 bits, signs of 7 bits, a scale for 16 weights. */
final class GemvIQ2_XS extends GemvGridKernel {
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

  private static final float[] GRID = Codebooks.iq2Xs(); // (512, 8)

  @Override
  float scale(MemorySegment w, long offset) {
    return 0.25f * HalfTable.VALUES[w.get(SHORT, offset) & 0xFFFF];
  }

  @Override
  void multiplyCodes(MemorySegment w, long[] starts, float[] x, int cols, float[] scratch) {
    for (int from = 0; from < cols; from += 32) {
      int group = from % BLOCK / 32;
      long offset = from / BLOCK * 74L;
      FloatVector x0 = FloatVector.fromArray(EIGHT, x, from);
      FloatVector x1 = FloatVector.fromArray(EIGHT, x, from + 8);
      FloatVector x2 = FloatVector.fromArray(EIGHT, x, from + 16);
      FloatVector x3 = FloatVector.fromArray(EIGHT, x, from + 24);
      for (int row = 0; row < RowShares.STREAMS; row++) {
        long o = offset + starts[row];
        long v = w.get(LONG, o + 2 + 8 * group); // four words of index and signs
        int word = (int) v;
        FloatVector p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (word & 511))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 9 & 127)))
                .reinterpretAsFloats()
                .mul(x0);
        p =
            FloatVector.fromArray(EIGHT, GRID, 8 * (word >>> 16 & 511))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 25)))
                .reinterpretAsFloats()
                .fma(x1, p);
        word = (int) (v >>> 32);
        FloatVector q =
            FloatVector.fromArray(EIGHT, GRID, 8 * (word & 511))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 9 & 127)))
                .reinterpretAsFloats()
                .mul(x2);
        q =
            FloatVector.fromArray(EIGHT, GRID, 8 * (word >>> 16 & 511))
                .reinterpretAsInts()
                .lanewise(
                    VectorOperators.XOR,
                    IntVector.fromArray(INTS, SignBits.EVEN, 8 * (word >>> 25)))
                .reinterpretAsFloats()
                .fma(x3, q);
        int factors = w.get(BYTE, o + 66 + group);
        float d = scale(w, o);
        FloatVector sum = FloatVector.fromArray(EIGHT, scratch, row * SUMS);
        sum = p.fma(FloatVector.broadcast(EIGHT, d * (0.5f + (factors & 15))), sum);
        sum = q.fma(FloatVector.broadcast(EIGHT, d * (0.5f + (factors >>> 4 & 15))), sum);
        sum.intoArray(scratch, row * SUMS);
      }
    }
  }
}
