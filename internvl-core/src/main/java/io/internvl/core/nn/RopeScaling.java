package io.internvl.core.nn;

/**
 * How rotary angles are changed for contexts longer than the model was first trained on.
 *
 * @param kind the method
 * @param factor by how much the context was extended
 * @param originalContext positions of the first training; used by {@link Kind#YARN} and {@link
 *     Kind#LONG_ROPE}
 * @param magnitude factor of cosine and sine; 0 derives it from {@code factor} as the method does
 */
public record RopeScaling(Kind kind, float factor, int originalContext, float magnitude) {
  /** Plain rotary embedding. */
  public static final RopeScaling NONE = new RopeScaling(Kind.NONE, 1, 0, 1);

  /** The methods. */
  public enum Kind {
    /** Angles as they are. */
    NONE,
    /** Positions divided by the factor (Chen et al. 2023). */
    LINEAR,
    /** Low frequencies interpolated, high ones kept, with a ramp between (Peng et al. 2023). */
    YARN,
    /** Each frequency divided by a factor of its own, stored in the file (Ding et al. 2024). */
    LONG_ROPE
  }
}
