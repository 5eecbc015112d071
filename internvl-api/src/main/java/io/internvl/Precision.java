package io.internvl;

/** How activations are treated in products with quantised weights. */
public enum Precision {
  /** Rounds activations where that is faster; docs/accuracy.md has the deviations. */
  FAST,
  /** Float32 activations everywhere. */
  EXACT
}
