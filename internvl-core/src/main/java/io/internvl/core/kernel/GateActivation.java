package io.internvl.core.kernel;

/** How the gate value g and the up value u of a gated feed-forward layer are joined. */
public enum GateActivation {
  /** {@code silu(g) u} with {@code silu(g) = g / (1 + exp(-g))} (Shazeer 2020). */
  SILU,
  /** gpt-oss: {@code g sigmoid(1.702 g) (u + 1)} with g clamped to at most 7 and u to -7 .. 7. */
  CLAMPED_SWIGLU
}
