package io.internvl.core.sampling;

/**
 * How a token is chosen.
 *
 * @param temperature divisor of the logits, 0 to 2; 0 takes the likeliest token
 * @param topK number of likeliest tokens kept, 0 for all
 * @param topP probability mass kept, above 0 up to 1
 * @param minP smallest probability kept relative to the likeliest token's, 0 to 1
 * @param repetitionPenalty factor above 0 for tokens that appeared, 1 for none
 * @param seed seed of the random draw
 */
public record SamplingOptions(
    float temperature, int topK, float topP, float minP, float repetitionPenalty, long seed) {
  /** Always the likeliest token. */
  public static final SamplingOptions GREEDY = new SamplingOptions(0, 0, 1, 0, 1, 0);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the value out of range
   */
  public SamplingOptions {
    check("temperature", temperature, temperature >= 0 && temperature <= 2, "0 to 2");
    check("topK", topK, topK >= 0, "at least 0");
    check("topP", topP, topP > 0 && topP <= 1, "above 0, up to 1");
    check("minP", minP, minP >= 0 && minP <= 1, "0 to 1");
    check("repetitionPenalty", repetitionPenalty, repetitionPenalty > 0, "above 0");
  }

  private static void check(String name, float value, boolean valid, String range) {
    if (!valid) {
      throw new IllegalArgumentException(name + " is " + value + ", expected " + range);
    }
  }
}
