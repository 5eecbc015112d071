package io.internvl;

/** How activations are treated in products with quantised weights. */
public enum Precision {
  /**
   * Rounds activations where that is faster, while single tokens are decoded: for Q4_K matrices to
   * integers of 10 bits with a scale for 256 elements (an error of 0.3 % of a product, where the
   * quantisation itself makes 7 %). On processors without vectors of 512 bits for Q4_0, Q4_1, Q5_0,
   * Q5_1 and all K types, to 9 (Q6_K) to 12 bits with a scale for 32 elements. With packed weights
   * ({@link ModelOptions.Builder#packWeights(boolean)}) for all types that are packed, to 8
   * (IQ4_NL, IQ4_XS) to 13 bits (Q2_K). Everything else is float32. The default.
   */
  FAST,
  /** Float32 activations everywhere. */
  EXACT
}
