package io.internvl.core.kernel;

import static io.internvl.core.kernel.Transpose.HIGH_2;
import static io.internvl.core.kernel.Transpose.HIGH_4;
import static io.internvl.core.kernel.Transpose.HIGH_8;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Adds up the lanes of a vector in one fixed order: halves are added until one lane is left. {@code
 * reduceLanes} leaves the order open: the interpreter and compiled code give different bits, so
 * that results would depend on when a kernel is compiled. Kernels repeat the steps with these
 * shuffles; a method that took the vector would put it on the heap where it is not inlined.
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

  /**
   * Adds up the lanes of eight rows of sixteen floats, with vectors of 512 bits: the sums of two
   * rows become one row, of half as many lane sums of either, until lane 2 i of the first row is
   * the sum of row i.
   *
   * @param x rows (8, 16); receives the sums
   */
  static void rows(float[] x) {
    if (x.length < 8 * 16) { // makes it too long to be inlined, too
      throw new IllegalArgumentException(String.format("8 x 16 sums in %d floats", x.length));
    }
    FloatVector a = FloatVector.fromArray(FLOATS, x, 0);
    FloatVector b = FloatVector.fromArray(FLOATS, x, 16);
    FloatVector c = FloatVector.fromArray(FLOATS, x, 32);
    FloatVector d = FloatVector.fromArray(FLOATS, x, 48);
    FloatVector e = FloatVector.fromArray(FLOATS, x, 64);
    FloatVector f = FloatVector.fromArray(FLOATS, x, 80);
    FloatVector g = FloatVector.fromArray(FLOATS, x, 96);
    FloatVector h = FloatVector.fromArray(FLOATS, x, 112);
    a = a.blend(e, HIGH_8).add(e.blend(a, HIGH_8).rearrange(BY_8));
    b = b.blend(f, HIGH_8).add(f.blend(b, HIGH_8).rearrange(BY_8));
    c = c.blend(g, HIGH_8).add(g.blend(c, HIGH_8).rearrange(BY_8));
    d = d.blend(h, HIGH_8).add(h.blend(d, HIGH_8).rearrange(BY_8));
    a = a.blend(c, HIGH_4).add(c.blend(a, HIGH_4).rearrange(BY_4));
    b = b.blend(d, HIGH_4).add(d.blend(b, HIGH_4).rearrange(BY_4));
    a = a.blend(b, HIGH_2).add(b.blend(a, HIGH_2).rearrange(BY_2));
    a.add(a.rearrange(BY_1)).intoArray(x, 0);
  }

  /**
   * Returns the sum of some floats of an array, a multiple of four, in scalar code that cannot box
   * vectors.
   */
  static float at(float[] x, int from, int count) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = from; i < from + count; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    return (a + b) + (c + d);
  }
}
