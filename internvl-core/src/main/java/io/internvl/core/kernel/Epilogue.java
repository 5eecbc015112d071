package io.internvl.core.kernel;

/** What happens to a value v = (W x + b) of a linear map before it is stored. */
public enum Epilogue {
  /** {@code y = v}. */
  STORE,
  /** {@code y = y + v}: residual connection. */
  ADD,
  /** {@code y = y + scale * v}: residual connection with layer scale (Touvron et al. 2021). */
  ADD_SCALED,
  /** {@code y = v/2 (1 + erf(v / sqrt 2))}: exact GELU (Hendrycks and Gimpel 2016). */
  GELU
}
