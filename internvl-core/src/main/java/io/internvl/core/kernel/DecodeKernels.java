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
   * @param queries queries
   * @param qa index of the vectors in the first query
   * @param qb index of the vectors in the second query
   * @param sums lane sums (2, LANES / 2, LANES)
   * @param add whether to add to the lane sums
   */
  static void products(
      float[] keys,
      int ko,
      int stride,
      float[] queries,
      int qa,
      int qb,
      float[] sums,
      boolean add) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, queries, qa);
    FloatVector a1 = FloatVector.fromArray(FLOATS, queries, qa + LANES);
    FloatVector a2 = FloatVector.fromArray(FLOATS, queries, qa + 2 * LANES);
    FloatVector a3 = FloatVector.fromArray(FLOATS, queries, qa + 3 * LANES);
    FloatVector b0 = FloatVector.fromArray(FLOATS, queries, qb);
    FloatVector b1 = FloatVector.fromArray(FLOATS, queries, qb + LANES);
    FloatVector b2 = FloatVector.fromArray(FLOATS, queries, qb + 2 * LANES);
    FloatVector b3 = FloatVector.fromArray(FLOATS, queries, qb + 3 * LANES);
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
      int oa = j * LANES;
      int ob = oa + HALF * LANES;
      if (add) {
        a = a.add(FloatVector.fromArray(FLOATS, sums, oa));
        b = b.add(FloatVector.fromArray(FLOATS, sums, ob));
      }
      a.intoArray(sums, oa);
      b.intoArray(sums, ob);
    }
  }

  /**
   * Ends what {@link #products} began: two rows become one that holds half as many lane sums of
   * either, until lane i of the last row is the score of key i.
   *
   * @param x lane sums (LANES / 2, LANES) of one query, overwritten
   * @param xo index of the first lane sum
   * @param y receives LANES scores
   * @param yo index of the first score
   */
  static void sumLanes(float[] x, int xo, float[] y, int yo) {
    if (xo + HALF * LANES > x.length || yo + LANES > y.length) { // too long to be inlined, too
      throw new IllegalArgumentException(
          String.format(
              "lane sums %d to %d of %d, scores %d to %d of %d",
              xo, xo + HALF * LANES, x.length, yo, yo + LANES, y.length));
    }
    if (LANES >= 16) {
      for (int row = 0; row < 4; row++) {
        int at = xo + row * LANES;
        FloatVector a = FloatVector.fromArray(FLOATS, x, at);
        FloatVector b = FloatVector.fromArray(FLOATS, x, at + 4 * LANES);
        a.blend(b, HIGH_4).add(b.blend(a, HIGH_4).rearrange(SWAP_4)).intoArray(x, at);
      }
    }
    FloatVector even = FloatVector.fromArray(FLOATS, x, xo);
    FloatVector odd = FloatVector.fromArray(FLOATS, x, xo + LANES);
    if (LANES >= 8) {
      FloatVector c = FloatVector.fromArray(FLOATS, x, xo + 2 * LANES);
      FloatVector d = FloatVector.fromArray(FLOATS, x, xo + 3 * LANES);
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
    if (n % LANES != 0 || so < 0 || so + n > s.length) { // makes it too long to be inlined, too
      throw new IllegalArgumentException(
          String.format(
              "scores %d to %d of %d are no whole vectors of %d (factor %s, to %d and %d of %d)",
              so, so + n, s.length, LANES, factor, mo, sumOffset, out.byteSize()));
    }
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
    if (mo < 0 || sumOffset < mo || chunks < 0) { // makes it too long to be inlined, too
      throw new IllegalArgumentException(
          String.format(
              "%d maxima at %d, their sums at %d of %d bytes",
              chunks, mo, sumOffset, x.byteSize()));
    }
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
