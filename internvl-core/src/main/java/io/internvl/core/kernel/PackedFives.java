package io.internvl.core.kernel;

import static io.internvl.core.kernel.PackedFormat.WORD;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Products of packed rows with codes of five bits, see {@link PackedFormat.Codes#FIVES}. */
final class PackedFives {
  private static final IntVector PAIR = IntVector.broadcast(INTS, 0x001F001F);
  private static final int WORDS = PackedFormat.Codes.FIVES.words;

  private PackedFives() {}

  /**
   * Multiplies some words of two vectors of rows.
   *
   * @param w packed rows
   * @param at where the codes of one vector of rows start
   * @param other where those of another one start
   * @param first index of the first word
   * @param end index after the last word
   * @param x the token
   * @param scratch room for (2, LANES), then the scales (scales, 2, LANES); receives the sums of
   *     both where the first scales are
   */
  static void multiply(
      MemorySegment w, long at, long other, int first, int end, int[] x, float[] scratch) {
    FloatVector sum = FloatVector.zero(FLOATS);
    FloatVector otherSum = sum;
    FloatVector s = sum;
    FloatVector t = sum;
    int scale = 0;
    int left = 0; // words that have this scale
    for (int i = first; i < end; i++) {
      if (left == 0) {
        scale += 2 * LANES;
        s = FloatVector.fromArray(FLOATS, scratch, scale);
        t = FloatVector.fromArray(FLOATS, scratch, scale + LANES);
        left = WORDS;
      }
      left--;
      IntVector v = IntVector.fromMemorySegment(INTS, w, at + (long) i * WORD, ORDER);
      IntVector u = IntVector.fromMemorySegment(INTS, w, other + (long) i * WORD, ORDER);
      IntVector pair = IntVector.broadcast(INTS, x[3 * i]);
      IntVector p = v.and(PAIR).mul(pair);
      IntVector q = u.and(PAIR).mul(pair);
      sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s, sum);
      otherSum = ((FloatVector) q.convert(VectorOperators.I2F, 0)).fma(t, otherSum);
      pair = IntVector.broadcast(INTS, x[3 * i + 1]);
      p = v.lanewise(VectorOperators.LSHR, 5).and(PAIR).mul(pair);
      q = u.lanewise(VectorOperators.LSHR, 5).and(PAIR).mul(pair);
      sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s, sum);
      otherSum = ((FloatVector) q.convert(VectorOperators.I2F, 0)).fma(t, otherSum);
      pair = IntVector.broadcast(INTS, x[3 * i + 2]);
      p = v.lanewise(VectorOperators.LSHR, 10).and(PAIR).mul(pair);
      q = u.lanewise(VectorOperators.LSHR, 10).and(PAIR).mul(pair);
      sum = ((FloatVector) p.convert(VectorOperators.I2F, 0)).fma(s, sum);
      otherSum = ((FloatVector) q.convert(VectorOperators.I2F, 0)).fma(t, otherSum);
    }
    sum.intoArray(scratch, 2 * LANES);
    otherSum.intoArray(scratch, 3 * LANES);
  }
}
