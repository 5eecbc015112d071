package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.SHORTS;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Q4_K with vectors of 256 or 128 bits and 16-bit integer activations, as in {@link
 * GemvQ4_KIntegers}: two thirds of the vector operations of {@link GemvNarrowQ4_K}.
 */
final class GemvNarrowQ4_KIntegers extends GemvLoopKernel {
  private static final int HALF_BLOCK = 32;
  private static final int BLOCK = GemvNarrowKernel.BLOCK;
  private static final int STEP = 2 * GemvNarrowKernel.STEP; // weights of a vector
  private static final int AHEAD = GemvNarrowKernel.AHEAD;
  private static final IntVector LOW = IntVector.broadcast(INTS, 0x000F000F);

  @Override
  boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  int mostTokens() {
    return 5;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
    x.narrowIntegers(HALF_BLOCK).prepare(x.array(), x.cols());
  }

  @Override
  int scratchFloats() {
    return ALL_SUMS + AHEAD * ALL_SUMS; // sums, and the scales of some super-blocks
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    NarrowIntegers input = x.narrowIntegers(HALF_BLOCK);
    int blocks = cols / BLOCK;
    for (int first = 0; first < blocks; first += AHEAD) {
      int count = Math.min(AHEAD, blocks - first);
      NarrowScales.decode(
          w,
          first,
          count,
          TensorType.Q4_K.blockBytes(),
          starts,
          input.factors(),
          input.sums(),
          input.rounding(),
          lanes);
      multiplyCodes(w, first, count, starts, input.values(), lanes);
    }
  }

  private static void multiplyCodes(
      MemorySegment w, int firstBlock, int blocks, long[] starts, short[] x, float[] scratch) {
    int steps = BLOCK / STEP;
    for (int step = 0; step < blocks * steps; step++) {
      int block = step / steps;
      int i = firstBlock * BLOCK + step * STEP;
      ShortVector x0 = ShortVector.fromArray(SHORTS, x, i);
      ShortVector x1 = ShortVector.fromArray(SHORTS, x, i + 2 * LANES);
      ShortVector x2 = ShortVector.fromArray(SHORTS, x, i + 4 * LANES);
      ShortVector x3 = ShortVector.fromArray(SHORTS, x, i + 6 * LANES);
      int scale = ALL_SUMS + block * ALL_SUMS + step % steps * STEP / 64 * 2;
      long at = (firstBlock + block) * 144L + 16 + step % steps * (long) (STEP / 2);
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
        int lanes = row * SUMS;
        FloatVector sum = FloatVector.fromArray(FLOATS, scratch, lanes);
        sum =
            ((FloatVector) low.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.broadcast(FLOATS, scratch[lanes + scale]), sum);
        sum =
            ((FloatVector) high.convert(VectorOperators.I2F, 0))
                .fma(FloatVector.broadcast(FLOATS, scratch[lanes + scale + 1]), sum);
        sum.intoArray(scratch, lanes);
      }
    }
  }
}
