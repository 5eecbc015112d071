package io.internvl.core.quant;

/** Values that are being encoded, their weights in the error, and the codes chosen so far. */
final class EncodingBlock {
  final float[] x;
  final float[] weight;

  /** Unsigned codes, 0 the lowest level. */
  final byte[] code;

  EncodingBlock(int size) {
    x = new float[size];
    weight = new float[size];
    code = new byte[size];
  }

  /** Rounds {@code (x - offset) / scale} to the nearest of the levels 0 .. top. */
  static int level(float x, float offset, float inverseScale, int top) {
    // Negative numbers round up to 0, where they belong.
    int nearest = (int) ((x - offset) * inverseScale + 0.5f);
    return Math.min(Math.max(nearest, 0), top);
  }

  /** Computes the error of the levels {@code offset + scale q} for elements at .. at + n - 1. */
  float error(int at, int n, float scale, float offset, int top) {
    float inverse = scale == 0 ? 0 : 1 / scale;
    float sum = 0;
    for (int i = at; i < at + n; i++) {
      float rest = x[i] - offset - scale * level(x[i], offset, inverse, top);
      sum += weight[i] * rest * rest;
    }
    return sum;
  }

  /** Chooses the codes of elements at .. at + n - 1; with a scale of 0 all are {@code zero}. */
  void setCodes(int at, int n, float scale, float offset, int top, int zero) {
    float inverse = 1 / scale;
    for (int i = at; i < at + n; i++) {
      code[i] = (byte) (scale == 0 ? zero : level(x[i], offset, inverse, top));
    }
  }
}
