package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Adds up the lanes of a vector in one fixed order. {@code reduceLanes} leaves the order open: the
 * interpreter and compiled code give different bits, so that results would depend on when a kernel
 * is compiled. Long kernels repeat the steps, because a call would put their vectors on the heap.
 */
final class VectorSum {
  static final VectorShuffle<Float> BY_8 = exchange(8);
  static final VectorShuffle<Float> BY_4 = exchange(4);
  static final VectorShuffle<Float> BY_2 = exchange(2);
  static final VectorShuffle<Float> BY_1 = exchange(1);

  private VectorSum() {}

  private static VectorShuffle<Float> exchange(int distance) {
    return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % LANES);
  }

  /** Returns the sum of all lanes: halves are added until one is left. */
  static float of(FloatVector v) {
    FloatVector sum = v;
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }

  /**
   * Adds up the lanes of eight rows of sixteen floats, with vectors of 512 bits: the sums of two
   * rows become one row, of half as many lane sums of either, until lane 2 i of the first row is
   * the sum of row i.
   */
  static void rows(float[] x) {
    for (int row = 0; row < 4; row++) {
      FloatVector a = FloatVector.fromArray(FLOATS, x, row * 16);
      FloatVector b = FloatVector.fromArray(FLOATS, x, row * 16 + 64);
      a.blend(b, Transpose.HIGH_8)
          .add(b.blend(a, Transpose.HIGH_8).rearrange(BY_8))
          .intoArray(x, row * 16);
    }
    for (int row = 0; row < 2; row++) {
      FloatVector a = FloatVector.fromArray(FLOATS, x, row * 16);
      FloatVector b = FloatVector.fromArray(FLOATS, x, row * 16 + 32);
      a.blend(b, Transpose.HIGH_4)
          .add(b.blend(a, Transpose.HIGH_4).rearrange(BY_4))
          .intoArray(x, row * 16);
    }
    FloatVector a = FloatVector.fromArray(FLOATS, x, 0);
    FloatVector b = FloatVector.fromArray(FLOATS, x, 16);
    a = a.blend(b, Transpose.HIGH_2).add(b.blend(a, Transpose.HIGH_2).rearrange(BY_2));
    a.add(a.rearrange(BY_1)).intoArray(x, 0);
  }

  /** Returns the sum of sixteen floats of an array, in scalar code that cannot box vectors. */
  static float at(float[] x, int from) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = from; i < from + 16; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    return (a + b) + (c + d);
  }
}
