package io.internvl.core.kernel;

import static io.internvl.core.kernel.Transpose.HIGH_1;
import static io.internvl.core.kernel.Transpose.HIGH_2;
import static io.internvl.core.kernel.Transpose.HIGH_4;
import static io.internvl.core.kernel.Transpose.SWAP_1;
import static io.internvl.core.kernel.Transpose.SWAP_2;
import static io.internvl.core.kernel.Transpose.SWAP_4;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Steps of {@link DecodeAttention}: lanes are elements of a head, sizes are whole vectors. */
final class DecodeKernels {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private static final int HALF = LANES / 2;
  private static final VectorMask<Float> HIGH_HALF = Transpose.lanesWith(HALF);
  private static final VectorShuffle<Float> SWAP_HALF = Transpose.swap(HALF);

  private DecodeKernels() {}

  /**
   * Multiplies LANES keys with two queries, four vectors of each. Keys j and j + LANES / 2 share a
   * vector of lane sums, half of its lanes belong to either; {@link #sumLanes} does the rest.
   *
   * @param keys keys, rows of {@code stride} elements
   * @param ko index of the vectors in the first key
   * @param stride elements between keys
   * @param state queries, and the lane sums
   * @param qa byte offset of the vectors in the first query
   * @param qb byte offset of the vectors in the second query
   * @param oo byte offset of the lane sums (2, LANES / 2, LANES)
   * @param add whether to add to the lane sums
   */
  static void products(
      float[] keys,
      int ko,
      int stride,
      MemorySegment state,
      long qa,
      long qb,
      long oo,
      boolean add) {
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, state, qa, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, state, qa + VECTOR_BYTES, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, state, qa + 2 * VECTOR_BYTES, ORDER);
    FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, state, qa + 3 * VECTOR_BYTES, ORDER);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, state, qb, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, state, qb + VECTOR_BYTES, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(FLOATS, state, qb + 2 * VECTOR_BYTES, ORDER);
    FloatVector b3 = FloatVector.fromMemorySegment(FLOATS, state, qb + 3 * VECTOR_BYTES, ORDER);
    for (int j = 0; j < HALF; j++) {
      int at = ko + j * stride;
      FloatVector k = FloatVector.fromArray(FLOATS, keys, at);
      FloatVector a = k.mul(a0);
      FloatVector b = k.mul(b0);
      k = FloatVector.fromArray(FLOATS, keys, at + LANES);
      a = k.fma(a1, a);
      b = k.fma(b1, b);
      k = FloatVector.fromArray(FLOATS, keys, at + 2 * LANES);
      a = k.fma(a2, a);
      b = k.fma(b2, b);
      k = FloatVector.fromArray(FLOATS, keys, at + 3 * LANES);
      a = k.fma(a3, a);
      b = k.fma(b3, b);
      at += HALF * stride;
      k = FloatVector.fromArray(FLOATS, keys, at);
      FloatVector c = k.mul(a0);
      FloatVector d = k.mul(b0);
      k = FloatVector.fromArray(FLOATS, keys, at + LANES);
      c = k.fma(a1, c);
      d = k.fma(b1, d);
      k = FloatVector.fromArray(FLOATS, keys, at + 2 * LANES);
      c = k.fma(a2, c);
      d = k.fma(b2, d);
      k = FloatVector.fromArray(FLOATS, keys, at + 3 * LANES);
      c = k.fma(a3, c);
      d = k.fma(b3, d);
      a = a.blend(c, HIGH_HALF).add(c.blend(a, HIGH_HALF).rearrange(SWAP_HALF));
      b = b.blend(d, HIGH_HALF).add(d.blend(b, HIGH_HALF).rearrange(SWAP_HALF));
      long oa = oo + j * VECTOR_BYTES;
      long ob = oa + HALF * VECTOR_BYTES;
      if (add) {
        a = a.add(FloatVector.fromMemorySegment(FLOATS, state, oa, ORDER));
        b = b.add(FloatVector.fromMemorySegment(FLOATS, state, ob, ORDER));
      }
      a.intoMemorySegment(state, oa, ORDER);
      b.intoMemorySegment(state, ob, ORDER);
    }
  }

  /**
   * Ends what {@link #products} began: two rows become one that holds half as many lane sums of
   * either, until lane i of the last row is the score of key i.
   *
   * @param x lane sums (LANES / 2, LANES) of one query, overwritten
   * @param xo byte offset of the lane sums
   * @param y receives LANES scores
   * @param yo index of the first score
   */
  static void sumLanes(MemorySegment x, long xo, float[] y, int yo) {
    if (LANES >= 16) {
      for (int row = 0; row < 4; row++) {
        long at = xo + row * VECTOR_BYTES;
        FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(FLOATS, x, at + 4 * VECTOR_BYTES, ORDER);
        a.blend(b, HIGH_4)
            .add(b.blend(a, HIGH_4).rearrange(SWAP_4))
            .intoMemorySegment(x, at, ORDER);
      }
    }
    FloatVector even = FloatVector.fromMemorySegment(FLOATS, x, xo, ORDER);
    FloatVector odd = FloatVector.fromMemorySegment(FLOATS, x, xo + VECTOR_BYTES, ORDER);
    if (LANES >= 8) {
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, x, xo + 2 * VECTOR_BYTES, ORDER);
      FloatVector d = FloatVector.fromMemorySegment(FLOATS, x, xo + 3 * VECTOR_BYTES, ORDER);
      even = even.blend(c, HIGH_2).add(c.blend(even, HIGH_2).rearrange(SWAP_2));
      odd = odd.blend(d, HIGH_2).add(d.blend(odd, HIGH_2).rearrange(SWAP_2));
    }
    even.blend(odd, HIGH_1).add(odd.blend(even, HIGH_1).rearrange(SWAP_1)).intoArray(y, yo);
  }

  /** Makes the weights of positions {@code from .. end - 1} zero, given the scores. */
  static void hide(float[] s, int so, int from, int end) {
    for (int i = from; i < end; i++) {
      s[so + i] = Float.NEGATIVE_INFINITY;
    }
  }

  /**
   * Turns scores into weights relative to their maximum.
   *
   * @param s scores, whole vectors; become weights
   * @param so index of the first score
   * @param n number of scores
   * @param factor multiplier of the scores, which makes them exponents of 2
   * @param out receives the largest exponent and the sum of the weights
   * @param mo byte offset of the largest exponent
   * @param sumOffset byte offset of the sum
   */
  static void softmax(
      float[] s, int so, int n, float factor, MemorySegment out, long mo, long sumOffset) {
    FloatVector largest = FloatVector.broadcast(FLOATS, AttentionKernels.LOWEST);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, s, so + i).mul(factor);
      v.intoArray(s, so + i);
      largest = largest.max(v);
    }
    float m = largest.reduceLanes(VectorOperators.MAX);
    FloatVector sums = FloatVector.zero(FLOATS);
    for (int i = 0; i < n; i += LANES) {
      FloatVector v = FloatVector.fromArray(FLOATS, s, so + i).sub(m);
      FloatVector p = VectorMath.exp2(v).sub(Float.MIN_NORMAL); // exact zeros where hidden
      p.intoArray(s, so + i);
      sums = sums.add(p);
    }
    if (LANES > 8) {
      sums = sums.add(sums.rearrange(VectorSum.BY_8));
    }
    if (LANES > 4) {
      sums = sums.add(sums.rearrange(VectorSum.BY_4));
    }
    sums = sums.add(sums.rearrange(VectorSum.BY_2));
    out.set(FLOAT, mo, m);
    out.set(FLOAT, sumOffset, sums.add(sums.rearrange(VectorSum.BY_1)).lane(0));
  }

  /**
   * Adds weighted values to the sums of four queries, two vectors of them.
   *
   * @param values values (count, n)
   * @param vo index of the first vector in the first value
   * @param n elements of a head
   * @param count number of positions
   * @param w weights (4, weightStride)
   * @param wo index of the weight of the first position
   * @param weightStride elements between the weights of two queries
   * @param sums sums (4, n)
   * @param so byte offset of the vectors in the first row of sums
   * @param gap elements between the two vectors; 0 when there is one only
   */
  static void addValues(
      float[] values,
      int vo,
      int n,
      int count,
      float[] w,
      int wo,
      int weightStride,
      MemorySegment sums,
      long so,
      int gap) {
    long row = (long) n * Float.BYTES;
    long next = (long) gap * Float.BYTES;
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, sums, so, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, sums, so + next, ORDER);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, sums, so + row, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(FLOATS, sums, so + row + next, ORDER);
    FloatVector c0 = FloatVector.fromMemorySegment(FLOATS, sums, so + 2 * row, ORDER);
    FloatVector c1 = FloatVector.fromMemorySegment(FLOATS, sums, so + 2 * row + next, ORDER);
    FloatVector d0 = FloatVector.fromMemorySegment(FLOATS, sums, so + 3 * row, ORDER);
    FloatVector d1 = FloatVector.fromMemorySegment(FLOATS, sums, so + 3 * row + next, ORDER);
    for (int i = 0; i < count; i++) {
      int at = vo + i * n;
      int wi = wo + i;
      FloatVector v0 = FloatVector.fromArray(FLOATS, values, at);
      FloatVector v1 = FloatVector.fromArray(FLOATS, values, at + gap);
      FloatVector p = FloatVector.broadcast(FLOATS, w[wi]);
      a0 = p.fma(v0, a0);
      a1 = p.fma(v1, a1);
      p = FloatVector.broadcast(FLOATS, w[wi + weightStride]);
      b0 = p.fma(v0, b0);
      b1 = p.fma(v1, b1);
      p = FloatVector.broadcast(FLOATS, w[wi + 2 * weightStride]);
      c0 = p.fma(v0, c0);
      c1 = p.fma(v1, c1);
      p = FloatVector.broadcast(FLOATS, w[wi + 3 * weightStride]);
      d0 = p.fma(v0, d0);
      d1 = p.fma(v1, d1);
    }
    a0.intoMemorySegment(sums, so, ORDER);
    a1.intoMemorySegment(sums, so + next, ORDER);
    b0.intoMemorySegment(sums, so + row, ORDER);
    b1.intoMemorySegment(sums, so + row + next, ORDER);
    c0.intoMemorySegment(sums, so + 2 * row, ORDER);
    c1.intoMemorySegment(sums, so + 2 * row + next, ORDER);
    d0.intoMemorySegment(sums, so + 3 * row, ORDER);
    d1.intoMemorySegment(sums, so + 3 * row + next, ORDER);
  }

  /**
   * Makes the maxima of several chunks factors of their sums, relative to the largest of all.
   *
   * @param x maxima and sums of the chunks, whole vectors each; the maxima become factors
   * @param mo byte offset of the maxima
   * @param sumOffset byte offset of the sums
   * @param chunks number of chunks
   * @param sink exponent that only takes part in the denominator
   * @return the denominator of all chunks together
   */
  static float factors(MemorySegment x, long mo, long sumOffset, int chunks, float sink) {
    FloatVector largest = FloatVector.broadcast(FLOATS, sink);
    for (int i = 0; i < chunks; i += LANES) {
      long at = mo + (long) i * Float.BYTES;
      largest = largest.max(FloatVector.fromMemorySegment(FLOATS, x, at, ORDER));
    }
    float m = largest.reduceLanes(VectorOperators.MAX);
    FloatVector total = FloatVector.zero(FLOATS);
    for (int i = 0; i < chunks; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, x, mo + at, ORDER).sub(m);
      FloatVector factor = VectorMath.exp2(v).sub(Float.MIN_NORMAL);
      factor.intoMemorySegment(x, mo + at, ORDER);
      total = factor.fma(FloatVector.fromMemorySegment(FLOATS, x, sumOffset + at, ORDER), total);
    }
    if (LANES > 8) {
      total = total.add(total.rearrange(VectorSum.BY_8));
    }
    if (LANES > 4) {
      total = total.add(total.rearrange(VectorSum.BY_4));
    }
    total = total.add(total.rearrange(VectorSum.BY_2));
    return total.add(total.rearrange(VectorSum.BY_1)).lane(0) + (float) Math.pow(2, sink - m);
  }

  /**
   * Adds up the sums of several chunks.
   *
   * @param sums sums (chunks, n)
   * @param so byte offset of the sums
   * @param n elements of a head
   * @param chunks number of chunks
   * @param factors one factor a chunk
   * @param fo byte offset of the factors
   * @param scale factor of all
   * @param y receives n elements
   * @param yo byte offset of the first
   */
  static void merge(
      MemorySegment sums,
      long so,
      int n,
      int chunks,
      MemorySegment factors,
      long fo,
      float scale,
      MemorySegment y,
      long yo) {
    long row = (long) n * Float.BYTES;
    for (int i = 0; i < n; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector total = FloatVector.zero(FLOATS);
      for (int chunk = 0; chunk < chunks; chunk++) {
        float factor = factors.get(FLOAT, fo + (long) chunk * Float.BYTES);
        total =
            FloatVector.fromMemorySegment(FLOATS, sums, so + chunk * row + at, ORDER)
                .fma(FloatVector.broadcast(FLOATS, factor), total);
      }
      total.mul(scale).intoMemorySegment(y, yo + at, ORDER);
    }
  }
}
