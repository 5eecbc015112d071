package io.internvl.core.quant;

/** Half-precision numbers, as scales of blocks are stored. */
final class Halves {
  /** Largest finite half. */
  static final float MAX = 65504f;

  /** Smallest positive half. */
  static final float MIN = 0x1p-24f;

  private Halves() {}

  /** Returns the nearest finite half. */
  static float nearest(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(Math.clamp(value, -MAX, MAX)));
  }

  /** Returns the smallest half that is not below a value of 0 or more; at most the largest. */
  static float atLeast(float value) {
    float nearest = nearest(value);
    return nearest < value ? neighbour(nearest, 1) : nearest;
  }

  /** Returns the half that is {@code steps} further from zero than the nearest one; not beyond. */
  static float neighbour(float value, int steps) {
    int bits = Float.floatToFloat16(Math.clamp(value, -MAX, MAX));
    int magnitude = Math.clamp((bits & 0x7FFF) + steps, 0, 0x7BFF);
    return Math.copySign(Float.float16ToFloat((short) magnitude), value);
  }
}
