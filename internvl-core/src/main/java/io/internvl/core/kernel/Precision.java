package io.internvl.core.kernel;

/** How products of quantised weights and activations are computed. */
public enum Precision {
  /** Activations stay float32 everywhere. */
  EXACT,
  /**
   * Single tokens may be multiplied as 16-bit integers where that is faster: with Q4_K, in vectors
   * of less than 512 bits also with Q4_0, Q4_1, Q5_0, Q5_1 and the other K types, and with whatever
   * is packed ({@link PackedRows}). Everything else is computed in float32.
   */
  FAST
}
