package io.internvl.bench.synthetic;

/** What a weight matrix of a dense decoder does; quantisation mixes choose types by it. */
public enum MatrixRole {
  /** Token embedding. */
  TOKEN_EMBD("token_embd.weight"),
  /** Output (logits). */
  OUTPUT("output.weight"),
  /** Query projection. */
  ATTN_Q("attn_q.weight"),
  /** Key projection. */
  ATTN_K("attn_k.weight"),
  /** Value projection. */
  ATTN_V("attn_v.weight"),
  /** Projection after attention. */
  ATTN_OUTPUT("attn_output.weight"),
  /** Feed-forward gate. */
  FFN_GATE("ffn_gate.weight"),
  /** Feed-forward up projection. */
  FFN_UP("ffn_up.weight"),
  /** Feed-forward down projection. */
  FFN_DOWN("ffn_down.weight");

  private final String suffix;

  MatrixRole(String suffix) {
    this.suffix = suffix;
  }

  /**
   * Returns the tensor's name in a file.
   *
   * @param layer index of the layer, ignored outside the layers
   * @return such as {@code blk.3.attn_q.weight}
   */
  public String tensorName(int layer) {
    return this == TOKEN_EMBD || this == OUTPUT ? suffix : "blk." + layer + "." + suffix;
  }
}
