package io.internvl.core.quant;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a weight matrix of a decoder does; quantisation mixes choose types by it. */
public enum MatrixRole {
  /** Token embedding. */
  TOKEN_EMBD("token_embd"),
  /** Output (logits). */
  OUTPUT("output"),
  /** Query projection. */
  ATTN_Q("attn_q"),
  /** Key projection. */
  ATTN_K("attn_k"),
  /** Value projection. */
  ATTN_V("attn_v"),
  /** Query, key and value projections in one. */
  ATTN_QKV("attn_qkv"),
  /** Projection after attention. */
  ATTN_OUTPUT("attn_output"),
  /** Feed-forward gate. */
  FFN_GATE("ffn_gate"),
  /** Feed-forward up projection. */
  FFN_UP("ffn_up"),
  /** Feed-forward down projection. */
  FFN_DOWN("ffn_down");

  private static final Pattern NAME = Pattern.compile("(?:blk\\.(\\d{1,9})\\.)?(\\w+)\\.weight");
  private static final Map<String, MatrixRole> BY_STEM = byStem();

  private final String stem;

  MatrixRole(String stem) {
    this.stem = stem;
  }

  private static Map<String, MatrixRole> byStem() {
    Map<String, MatrixRole> roles = new HashMap<>();
    for (MatrixRole role : values()) {
      roles.put(role.stem, role);
      roles.put(role.stem + "_exps", role);
    }
    roles.put("ffn_gate_up_exps", FFN_GATE);
    return roles;
  }

  /**
   * Recognises a tensor; stacks of experts have the role of their matrices.
   *
   * @param tensorName such as {@code blk.3.attn_q.weight}
   * @return its role, empty for biases, norms, routers and everything else
   */
  public static Optional<MatrixRole> of(String tensorName) {
    Matcher name = NAME.matcher(tensorName);
    if (!name.matches()) {
      return Optional.empty();
    }
    MatrixRole role = BY_STEM.get(name.group(2));
    boolean inLayer = name.group(1) != null;
    return role == null || inLayer != role.inLayer() ? Optional.empty() : Optional.of(role);
  }

  /**
   * Reads the layer out of a tensor's name.
   *
   * @param tensorName such as {@code blk.3.attn_q.weight}
   * @return index of its layer, 0 outside the layers
   */
  public static int layerOf(String tensorName) {
    Matcher name = NAME.matcher(tensorName);
    return name.matches() && name.group(1) != null ? Integer.parseInt(name.group(1)) : 0;
  }

  private boolean inLayer() {
    return this != TOKEN_EMBD && this != OUTPUT;
  }

  /**
   * Returns the tensor's name in a file of a dense model.
   *
   * @param layer index of the layer, ignored outside the layers
   * @return such as {@code blk.3.attn_q.weight}
   */
  public String tensorName(int layer) {
    String name = stem + ".weight";
    return inLayer() ? "blk." + layer + "." + name : name;
  }
}
