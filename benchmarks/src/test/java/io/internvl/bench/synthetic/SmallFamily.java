package io.internvl.bench.synthetic;

import io.internvl.core.decoder.Architecture;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Writes random models of every architecture, small but wide enough for blocks of 256. */
final class SmallFamily {
  static final int VOCABULARY = 300;

  private static final int HIDDEN = 256;
  private static final int INNER = 512;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int HEAD_DIM = 64;
  private static final int LAYERS = 2;
  private static final int EXPERTS = 4;
  private static final float DEVIATION = 0.02f;

  private final GgufWriter writer = GgufWriter.create();
  private final RandomTensors tensors;
  private final Architecture architecture;
  private final TensorType type;

  private SmallFamily(
      Architecture architecture, TensorType type, Map<TensorType, BlockPool> pools) {
    tensors = new RandomTensors(writer, 1, pools);
    this.architecture = architecture;
    this.type = type;
  }

  /** Writes a model all of whose matrices are of one type. */
  static void write(
      Architecture architecture, TensorType type, Map<TensorType, BlockPool> pools, Path path)
      throws IOException {
    SmallFamily family = new SmallFamily(architecture, type, pools);
    family.keys();
    family.matrix("token_embd.weight", HIDDEN, VOCABULARY);
    for (int layer = 0; layer < LAYERS; layer++) {
      family.attention("blk." + layer + ".");
      family.feedForward("blk." + layer + ".");
    }
    family.tensors.norm("output_norm.weight", HIDDEN);
    family.matrix("output.weight", HIDDEN, VOCABULARY);
    family.writer.writeTo(path);
  }

  private void keys() {
    String prefix = architecture.ggufName() + ".";
    writer
        .put("general.architecture", architecture.ggufName())
        .put(prefix + "block_count", LAYERS)
        .put(prefix + "context_length", 512)
        .put(prefix + "embedding_length", HIDDEN)
        .put(prefix + "feed_forward_length", INNER)
        .put(prefix + "attention.head_count", HEADS)
        .put(prefix + "attention.head_count_kv", KV_HEADS)
        .put(prefix + "attention.key_length", HEAD_DIM)
        .put(prefix + "attention.value_length", HEAD_DIM)
        .put(prefix + "attention.layer_norm_rms_epsilon", 1e-6f);
    if (mixture()) {
      writer
          .put(prefix + "expert_count", EXPERTS)
          .put(prefix + "expert_used_count", 2)
          .put(prefix + "expert_feed_forward_length", INNER);
    }
    if (architecture == Architecture.GPT_OSS) {
      writer
          .put(prefix + "attention.sliding_window", 4)
          .put(prefix + "rope.scaling.type", "yarn")
          .put(prefix + "rope.scaling.factor", 4f)
          .put(prefix + "rope.scaling.original_context_length", 128);
    }
  }

  private boolean mixture() {
    return architecture == Architecture.QWEN3_MOE || architecture == Architecture.GPT_OSS;
  }

  private void attention(String block) {
    boolean oss = architecture == Architecture.GPT_OSS;
    boolean biases = oss || architecture == Architecture.QWEN2;
    int queries = HEADS * HEAD_DIM;
    int keys = KV_HEADS * HEAD_DIM;
    tensors.norm(block + "attn_norm.weight", HIDDEN);
    if (architecture == Architecture.PHI3) {
      matrix(block + "attn_qkv.weight", HIDDEN, queries + 2 * keys);
    } else {
      linear(block + "attn_q", HIDDEN, queries, biases);
      linear(block + "attn_k", HIDDEN, keys, biases);
      linear(block + "attn_v", HIDDEN, keys, biases);
    }
    if (architecture == Architecture.QWEN3 || architecture == Architecture.QWEN3_MOE) {
      tensors.norm(block + "attn_q_norm.weight", HEAD_DIM);
      tensors.norm(block + "attn_k_norm.weight", HEAD_DIM);
    }
    if (oss) {
      tensors.vector(block + "attn_sinks.weight", HEADS, 1);
    }
    linear(block + "attn_output", queries, HIDDEN, oss);
  }

  private void feedForward(String block) {
    boolean oss = architecture == Architecture.GPT_OSS;
    tensors.norm(block + (oss ? "post_attention_norm.weight" : "ffn_norm.weight"), HIDDEN);
    if (mixture()) {
      tensors.weights(block + "ffn_gate_inp.weight", TensorType.F32, HIDDEN, EXPERTS);
      tensors.weights(block + "ffn_gate_exps.weight", type, HIDDEN, INNER, EXPERTS);
      tensors.weights(block + "ffn_up_exps.weight", type, HIDDEN, INNER, EXPERTS);
      tensors.weights(block + "ffn_down_exps.weight", type, INNER, HIDDEN, EXPERTS);
    } else if (architecture == Architecture.PHI3) {
      matrix(block + "ffn_up.weight", HIDDEN, 2 * INNER);
      matrix(block + "ffn_down.weight", INNER, HIDDEN);
    } else {
      matrix(block + "ffn_gate.weight", HIDDEN, INNER);
      matrix(block + "ffn_up.weight", HIDDEN, INNER);
      matrix(block + "ffn_down.weight", INNER, HIDDEN);
    }
  }

  private void linear(String name, int cols, int rows, boolean bias) {
    matrix(name + ".weight", cols, rows);
    if (bias) {
      tensors.vector(name + ".bias", rows, DEVIATION);
    }
  }

  private void matrix(String name, int cols, int rows) {
    tensors.weights(name, type, cols, rows);
  }
}
