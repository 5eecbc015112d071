package io.internvl;

/** How activations are treated in products with quantised weights. */
public enum Precision {
  /** May round activations where that is faster; no kernel does so yet. */
  FAST,
  /** Float32 activations everywhere. */
  EXACT
}
