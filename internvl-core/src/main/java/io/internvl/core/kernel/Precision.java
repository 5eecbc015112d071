package io.internvl.core.kernel;

/** How products of quantised weights and activations are computed. */
public enum Precision {
  /** Activations stay float32 everywhere. */
  EXACT,
  /**
   * Single tokens may be multiplied as 16-bit integers where that is faster: with Q4_K, in vectors
   * of 512 bits. Everything else is computed in float32.
   */
  FAST
}
