package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions. Small enough to be inlined into a short loop; long kernels must not call
 * them, because the compiler gives up inlining there and vectors end up on the heap.
 */
final class VectorMath {
  /** Adding this to |x| below 2^22 rounds x to an integer, which then is in the low bits. */
  static final float ROUNDING = 0x1.8p23f;

  static final int EXPONENT_SHIFT = 23;

  /** Below this, 2^x is no normal number. */
  static final float EXP2_MIN = -126f;

  // (2^f - 1) / f for |f| up to 1/2, minimax fit: relative error of 2^f below 1e-7
  static final float EXP2_1 = 0.693147f;
  static final float EXP2_2 = 0.24022242f;
  static final float EXP2_3 = 0.05550734f;
  static final float EXP2_4 = 0.00967151f;
  static final float EXP2_5 = 0.00132647f;

  static final float LOG2_E = 1.442695f;

  // (2 Phi(-a))^(-1/16) - 1 for a from 0 to 9, minimax fit: absolute error of GELU below 4e-7
  private static final float TAIL_1 = 0.049869098f;
  private static final float TAIL_2 = 0.021127515f;
  private static final float TAIL_3 = 0.003313302f;
  private static final float TAIL_4 = -5.1501224e-6f;
  private static final float TAIL_5 = 7.47864e-5f;
  private static final float TAIL_6 = -2.073568e-6f;
  private static final float TAIL_7 = 8.1689626e-7f;

  private static final FloatVector ONE = FloatVector.broadcast(FLOATS, 1f);
  private static final FloatVector LARGEST = FloatVector.broadcast(FLOATS, 127f);
  private static final FloatVector SMALLEST = FloatVector.broadcast(FLOATS, EXP2_MIN);
  private static final FloatVector ROUND = FloatVector.broadcast(FLOATS, ROUNDING);
  private static final FloatVector P1 = FloatVector.broadcast(FLOATS, EXP2_1);
  private static final FloatVector P2 = FloatVector.broadcast(FLOATS, EXP2_2);
  private static final FloatVector P3 = FloatVector.broadcast(FLOATS, EXP2_3);
  private static final FloatVector P4 = FloatVector.broadcast(FLOATS, EXP2_4);
  private static final FloatVector P5 = FloatVector.broadcast(FLOATS, EXP2_5);

  private VectorMath() {}

  /*
   * Limits are comparisons and blends: Math.max and min treat zeros and NaN in a way for which
   * x86 has no instruction, and take five times as long.
   */

  /**
   * Returns 2^x with a relative error below 2e-7 for x in -126 .. 127, and the value of the nearer
   * end outside.
   */
  static FloatVector exp2(FloatVector x) {
    return exp2UpTo127(x.blend(LARGEST, x.compare(VectorOperators.GT, LARGEST)));
  }

  /** Returns {@link #exp2} of x up to 127. */
  static FloatVector exp2UpTo127(FloatVector x) {
    FloatVector v = x.blend(SMALLEST, x.compare(VectorOperators.LT, SMALLEST));
    FloatVector t = v.add(ROUND);
    FloatVector f = v.sub(t.sub(ROUND));
    FloatVector p = f.fma(P5, P4);
    p = p.fma(f, P3);
    p = p.fma(f, P2);
    p = p.fma(f, P1);
    p = p.fma(f, ONE);
    return p.reinterpretAsInts()
        .add(t.reinterpretAsInts().lanewise(VectorOperators.LSHL, EXPONENT_SHIFT))
        .reinterpretAsFloats();
  }

  /** Returns {@code x / (1 + e^(-factor x))}; e^y is computed as 2^(y log2 e). */
  static FloatVector swish(FloatVector x, float factor) {
    return x.div(exp2(x.mul(-factor * LOG2_E)).add(ONE));
  }

  /**
   * Returns x Phi(x) = max(x, 0) - |x| Phi(-|x|) with an absolute error below 6e-7, where Phi(-a)
   * is the minus 16th power of a polynomial (the form of Hastings 1955).
   */
  static FloatVector gelu(FloatVector x) {
    FloatVector a = x.abs();
    FloatVector q =
        a.fma(FloatVector.broadcast(FLOATS, TAIL_7), FloatVector.broadcast(FLOATS, TAIL_6));
    q = q.fma(a, FloatVector.broadcast(FLOATS, TAIL_5));
    q = q.fma(a, FloatVector.broadcast(FLOATS, TAIL_4));
    q = q.fma(a, FloatVector.broadcast(FLOATS, TAIL_3));
    q = q.fma(a, FloatVector.broadcast(FLOATS, TAIL_2));
    q = q.fma(a, FloatVector.broadcast(FLOATS, TAIL_1));
    q = q.fma(a, ONE);
    q = q.mul(q);
    q = q.mul(q);
    q = q.mul(q);
    q = q.mul(q);
    FloatVector positive = x.blend(0f, x.compare(VectorOperators.LT, 0f));
    return positive.sub(a.mul(0.5f).div(q));
  }
}
