package io.internvl.core.nn;

import io.internvl.core.kernel.Tensor;

/**
 * Cosine and sine tables of rotary position embeddings (Su et al. 2021): the angle of pair i at
 * position p is {@code p * base^(-2i/dims)}, changed by a {@link RopeScaling}.
 *
 * <p>Positions are real numbers: nothing here assumes that they count tokens. Immutable.
 */
public final class RotaryEmbedding {
  private static final double YARN_BETA_FAST = 32;
  private static final double YARN_BETA_SLOW = 1;

  private final double[] frequencies; // (dims / 2)
  private final float magnitude;
  private final boolean interleaved;

  /**
   * Computes the frequencies.
   *
   * @param dims rotated elements of a head, even
   * @param base theta of the paper
   * @param interleaved whether pairs are neighbours (2i, 2i+1) or halves (i, i + dims/2)
   * @param scaling context extension
   * @param factors divisor of each frequency (dims / 2), empty for none
   */
  public RotaryEmbedding(
      int dims, double base, boolean interleaved, RopeScaling scaling, float[] factors) {
    int pairs = dims / 2;
    if (factors.length != 0 && factors.length != pairs) {
      throw new IllegalArgumentException(
          "rope factors: " + factors.length + " values, expected " + pairs);
    }
    this.interleaved = interleaved;
    this.frequencies = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      double plain = Math.pow(base, -2.0 * i / dims);
      double divided = factors.length == 0 ? plain : plain / factors[i];
      frequencies[i] = scaled(divided, i, dims, base, scaling);
    }
    this.magnitude = magnitude(scaling);
  }

  private static double scaled(
      double frequency, int pair, int dims, double base, RopeScaling scaling) {
    return switch (scaling.kind()) {
      case NONE, LONG_ROPE -> frequency;
      case LINEAR -> frequency / scaling.factor();
      case YARN -> {
        double low = yarnBoundary(YARN_BETA_FAST, dims, base, scaling.originalContext());
        double high = yarnBoundary(YARN_BETA_SLOW, dims, base, scaling.originalContext());
        low = Math.max(Math.floor(low), 0);
        high = Math.min(Math.ceil(high), dims - 1.0);
        double ramp = Math.clamp((pair - low) / Math.max(0.001, high - low), 0, 1);
        yield frequency / scaling.factor() * ramp + frequency * (1 - ramp);
      }
    };
  }

  /** The (fractional) pair that turns {@code rotations} times within the original context. */
  private static double yarnBoundary(double rotations, int dims, double base, int context) {
    return dims * Math.log(context / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
  }

  private static float magnitude(RopeScaling scaling) {
    if (scaling.magnitude() != 0) {
      return scaling.magnitude();
    }
    return switch (scaling.kind()) {
      case NONE, LINEAR -> 1;
      case YARN -> (float) (0.1 * Math.log(scaling.factor()) + 1);
      case LONG_ROPE ->
          scaling.factor() <= 1
              ? 1
              : (float)
                  Math.sqrt(1 + Math.log(scaling.factor()) / Math.log(scaling.originalContext()));
    };
  }

  /**
   * Fills one row of the tables.
   *
   * @param position position of the token
   * @param cos receives cosines (.., dims / 2)
   * @param sin receives sines (.., dims / 2)
   * @param row row to write
   */
  public void fill(double position, Tensor cos, Tensor sin, int row) {
    for (int i = 0; i < frequencies.length; i++) {
      double angle = position * frequencies[i];
      cos.set(row, i, (float) Math.cos(angle) * magnitude);
      sin.set(row, i, (float) Math.sin(angle) * magnitude);
    }
  }

  /**
   * Returns the number of rotated pairs.
   *
   * @return dims / 2
   */
  public int pairs() {
    return frequencies.length;
  }

  /**
   * Says which elements form a pair.
   *
   * @return true for neighbours, false for halves
   */
  public boolean interleaved() {
    return interleaved;
  }
}
