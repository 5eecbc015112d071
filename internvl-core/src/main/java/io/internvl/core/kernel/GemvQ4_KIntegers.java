package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q4_K with 16-bit integer activations: half the instructions of {@link GemvQ4_K}.
 *
 * <p>64 bytes hold 128 codes. Taken as 16-bit lanes, the four halves of a lane are masked out and
 * multiplied with the activations in 16 bits; two products are added before they are widened.
 */
final class GemvQ4_KIntegers extends GemvLoopKernel {
  private static final int HALVES = 2;
  private static final int[] SCALES = SuperBlockOrder.PAIRS_OF_32.scales();
  private static final IntVector LOW = IntVector.broadcast(INTS, 0x000F000F);

  @Override
  boolean fits(int cols) {
    return cols % SuperBlockInput.BLOCK == 0;
  }

  @Override
  void prepare(TokenInput x) {
    x.integers().prepare(x.floats(), x.cols());
  }

  @Override
  int scratchFloats() {
    return 2 * ALL_SUMS; // sums, and the scales of a super-block
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    IntegerBlockInput input = x.integers();
    for (int block = 0; block < cols / SuperBlockInput.BLOCK; block++) {
      long at = (long) block * TensorType.Q4_K.blockBytes();
      float factor = input.factors()[block];
      SubScales.decode(w, at, starts, input.sums(), block * SuperBlockInput.SCALES, factor, lanes);
      multiplyCodes(w, at, starts, input.values(), block * SuperBlockInput.BLOCK, lanes);
    }
  }

  private static void multiplyCodes(
      MemorySegment w, long offset, long[] starts, short[] x, int from, float[] scratch) {
    for (int half = 0; half < HALVES; half++) {
      int i = from + 128 * half;
      ShortVector x0 = ShortVector.fromArray(ShortVector.SPECIES_512, x, i);
      ShortVector x1 = ShortVector.fromArray(ShortVector.SPECIES_512, x, i + 32);
      ShortVector x2 = ShortVector.fromArray(ShortVector.SPECIES_512, x, i + 64);
      ShortVector x3 = ShortVector.fromArray(ShortVector.SPECIES_512, x, i + 96);
      IntVector lowScales = IntVector.fromArray(INTS, SCALES, 32 * half);
      IntVector highScales = IntVector.fromArray(INTS, SCALES, 32 * half + 16);
      long at = offset + 16 + half * 64;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, at + starts[row], ORDER);
        ShortVector p = v.and(LOW).reinterpretAsShorts().mul(x0);
        ShortVector q = v.lanewise(VectorOperators.LSHR, 8).and(LOW).reinterpretAsShorts().mul(x1);
        IntVector low = p.add(q).reinterpretAsInts();
        p = v.lanewise(VectorOperators.LSHR, 4).and(LOW).reinterpretAsShorts().mul(x2);
        q = v.lanewise(VectorOperators.LSHR, 12).and(LOW).reinterpretAsShorts().mul(x3);
        IntVector high = p.add(q).reinterpretAsInts();
        low = low.add(low.lanewise(VectorOperators.LSHL, 16));
        high = high.add(high.lanewise(VectorOperators.LSHL, 16));
        int lanes = row * SuperBlockInput.SCALES;
        IntVector s = FloatVector.fromArray(FLOATS, scratch, ALL_SUMS + lanes).reinterpretAsInts();
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lanes);
        sum =
            ((FloatVector) low.convert(VectorOperators.I2F, 0))
                .fma(lowScales.selectFrom(s).reinterpretAsFloats(), sum);
        sum =
            ((FloatVector) high.convert(VectorOperators.I2F, 0))
                .fma(highScales.selectFrom(s).reinterpretAsFloats(), sum);
        sum.intoArray(scratch, lanes);
      }
    }
  }
}
