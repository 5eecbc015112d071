package io.internvl.core.decoder;

import io.internvl.core.kernel.AttentionShape;
import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.nn.Weights;
import org.jspecify.annotations.Nullable;

/** Grouped-query self-attention with rotary positions (Ainslie et al. 2023; Su et al. 2021). */
final class SelfAttention {
  private final DecoderConfig config;
  private final Kernels kernels;
  private final int layer;
  private final Linear query; // (heads * headDim, hidden)
  private final Linear key; // (kvHeads * headDim, hidden)
  private final Linear value; // (kvHeads * headDim, hidden)
  private final Linear output; // (hidden, heads * headDim)
  private final @Nullable Tensor queryNorm; // (1, headDim)
  private final @Nullable Tensor keyNorm; // (1, headDim)
  private final AttentionShape shape;
  private final boolean interleaved;
  private final Linear[] queryKeyValue;
  private final Linear[] keyValue;

  SelfAttention(DecoderConfig config, int layer, Weights weights, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    this.layer = layer;
    String block = "blk." + layer + ".";
    int hidden = config.hiddenSize();
    int queryRows = config.heads() * config.headDim();
    int kvRows = config.kvHeads() * config.headDim();
    if (weights.has(block + "attn_qkv.weight")) {
      WeightMatrix all = weights.matrix(block + "attn_qkv.weight", queryRows + 2 * kvRows, hidden);
      @Nullable Tensor[] biases = new Tensor[3];
      if (weights.has(block + "attn_qkv.bias")) {
        biases = weights.vectorParts(block + "attn_qkv.bias", queryRows, kvRows, kvRows);
      }
      query = new Linear(weights.rows(all, 0, queryRows), biases[0]);
      key = new Linear(weights.rows(all, queryRows, kvRows), biases[1]);
      value = new Linear(weights.rows(all, queryRows + kvRows, kvRows), biases[2]);
    } else {
      boolean bias = config.architecture().attentionBias();
      query = linear(weights, block + "attn_q", queryRows, hidden, bias);
      key = linear(weights, block + "attn_k", kvRows, hidden, bias);
      value = linear(weights, block + "attn_v", kvRows, hidden, bias);
    }
    output = weights.linearWithOptionalBias(block + "attn_output", hidden, queryRows);
    int headDim = config.headDim();
    boolean norms = config.architecture().normalisedHeads();
    queryNorm = vector(weights, block + "attn_q_norm.weight", headDim, norms);
    keyNorm = vector(weights, block + "attn_k_norm.weight", headDim, norms);
    shape =
        new AttentionShape(
            config.heads(),
            config.kvHeads(),
            headDim,
            (float) (1 / Math.sqrt(headDim)),
            config.window(layer),
            vector(
                weights,
                block + "attn_sinks.weight",
                config.heads(),
                config.architecture() == Architecture.GPT_OSS));
    interleaved = config.architecture().interleavedRope();
    queryKeyValue = new Linear[] {query, key, value};
    keyValue = new Linear[] {key, value};
  }

  private static Linear linear(
      Weights weights, String name, int rows, int cols, boolean biasRequired) {
    return biasRequired
        ? weights.linearWithBias(name, rows, cols)
        : weights.linearWithOptionalBias(name, rows, cols);
  }

  private static @Nullable Tensor vector(Weights weights, String name, int size, boolean required) {
    return required || weights.has(name) ? weights.vector(name, size) : null;
  }

  /**
   * Adds attention over the cache and the new tokens to the residual stream of the last tokens.
   *
   * @param state holds the normalised input in {@code hidden} and the residual stream in {@code x};
   *     when fewer outputs than tokens are wanted, the rows of the last ones are moved to the front
   * @param tokens new tokens
   * @param outputs how many of the last tokens go on
   */
  void forward(DecoderState state, int tokens, int outputs) {
    if (outputs == tokens) {
      kernels.linears(state.workspace, state.hidden, tokens, queryKeyValue, state.queryKeyValueOut);
      state.adapt(layer, LinearMap.QUERY, state.hidden, tokens, state.query);
    } else {
      kernels.linears(state.workspace, state.hidden, tokens, keyValue, state.keyValueOut);
    }
    state.adapt(layer, LinearMap.KEY, state.hidden, tokens, state.key);
    state.adapt(layer, LinearMap.VALUE, state.hidden, tokens, state.value);
    if (keyNorm != null) {
      kernels.rmsNormHeads(state.key, tokens, config.kvHeads(), keyNorm, config.rmsNormEps());
    }
    rotate(state.key, tokens, config.kvHeads(), state);
    state.rows.store(layer, tokens);
    if (outputs == 0) {
      return;
    }
    if (outputs < tokens) {
      state.keepLast(tokens, outputs);
      kernels.linear(
          state.workspace, state.hidden, outputs, query, Epilogue.STORE, null, state.query);
      state.adapt(layer, LinearMap.QUERY, state.hidden, outputs, state.query);
    }
    if (queryNorm != null) {
      kernels.rmsNormHeads(state.query, outputs, config.heads(), queryNorm, config.rmsNormEps());
    }
    rotate(state.query, outputs, config.heads(), state);
    state.rows.attend(layer, shape, tokens, outputs);
    kernels.linear(state.workspace, state.attended, outputs, output, Epilogue.ADD, null, state.x);
    state.adapt(layer, LinearMap.ATTENTION_OUTPUT, state.attended, outputs, state.x);
  }

  private void rotate(Tensor x, int tokens, int heads, DecoderState state) {
    kernels.rotate(x, tokens, heads, config.headDim(), state.cos, state.sin, interleaved);
  }
}
