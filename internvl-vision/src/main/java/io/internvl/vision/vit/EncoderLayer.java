package io.internvl.vision.vit;

import io.internvl.core.kernel.AttentionShape;
import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.nn.Weights;
import org.jspecify.annotations.Nullable;

/**
 * One pre-norm layer of InternViT: {@code x += ls1 * attention(norm1(x))}, {@code x += ls2 *
 * mlp(norm2(x))}, with layer scale (Touvron et al. 2021).
 *
 * <p>The 300M tower normalises with LayerNorm and has biases on q, k and v; the 6B tower uses
 * RMSNorm, none, and normalises q and k over their full width. The tensors present decide.
 */
final class EncoderLayer {
  private final VisionConfig config;
  private final Kernels kernels;
  private final Norm norm1;
  private final Linear[] queryKeyValue; // each (hidden, hidden)
  private final @Nullable Tensor queryNorm; // (1, hidden)
  private final @Nullable Tensor keyNorm; // (1, hidden)
  private final AttentionShape shape;
  private final Linear output; // (hidden, hidden)
  private final @Nullable Tensor layerScale1; // (1, hidden)
  private final Norm norm2;
  private final Linear up; // (intermediate, hidden)
  private final Linear down; // (hidden, intermediate)
  private final @Nullable Tensor layerScale2; // (1, hidden)

  EncoderLayer(VisionConfig config, int index, Weights weights, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    String block = "v.blk." + index + ".";
    int hidden = config.hiddenSize();
    norm1 = new Norm(block + "ln1", hidden, config.layerNormEps(), weights, kernels);
    queryKeyValue = queryKeyValue(block, hidden, weights);
    queryNorm = weights.optionalVector(block + "attn_q_norm.weight", hidden).orElse(null);
    keyNorm = weights.optionalVector(block + "attn_k_norm.weight", hidden).orElse(null);
    int headDim = hidden / config.heads();
    float scale = (float) (1 / Math.sqrt(headDim));
    shape = new AttentionShape(config.heads(), config.heads(), headDim, scale, 0, null);
    output = weights.linearWithOptionalBias(block + "attn_out", hidden, hidden);
    layerScale1 = weights.optionalVector(block + "ls1.weight", hidden).orElse(null);
    norm2 = new Norm(block + "ln2", hidden, config.layerNormEps(), weights, kernels);
    int inner = config.intermediateSize();
    up = weights.linearWithOptionalBias(block + "ffn_up", inner, hidden);
    down = weights.linearWithOptionalBias(block + "ffn_down", hidden, inner);
    layerScale2 = weights.optionalVector(block + "ls2.weight", hidden).orElse(null);
  }

  private static Linear[] queryKeyValue(String block, int hidden, Weights weights) {
    if (!weights.has(block + "attn_qkv.weight")) {
      return new Linear[] {
        weights.linearWithOptionalBias(block + "attn_q", hidden, hidden),
        weights.linearWithOptionalBias(block + "attn_k", hidden, hidden),
        weights.linearWithOptionalBias(block + "attn_v", hidden, hidden)
      };
    }
    WeightMatrix all = weights.matrix(block + "attn_qkv.weight", 3 * hidden, hidden);
    @Nullable Tensor[] biases = new Tensor[3];
    if (weights.has(block + "attn_qkv.bias")) {
      biases = weights.vectors(block + "attn_qkv.bias", 3, hidden);
    }
    Linear[] parts = new Linear[3];
    for (int i = 0; i < 3; i++) {
      parts[i] = new Linear(weights.rows(all, i * hidden, hidden), biases[i]);
    }
    return parts;
  }

  void forward(VisionState state, int tiles) {
    int rows = tiles * config.rowsPerTile();
    norm1.forward(state.x, rows, state.hidden);
    kernels.linears(state.workspace, state.hidden, rows, queryKeyValue, state.queryKeyValueOut);
    if (queryNorm != null && keyNorm != null) {
      kernels.rmsNorm(state.query, rows, queryNorm, config.layerNormEps(), state.query);
      kernels.rmsNorm(state.key, rows, keyNorm, config.layerNormEps(), state.key);
    }
    kernels.fullAttention(
        state.workspace,
        state.query,
        state.key,
        state.value,
        tiles,
        config.rowsPerTile(),
        shape,
        state.hidden);
    addScaled(state, state.hidden, rows, output, layerScale1);
    norm2.forward(state.x, rows, state.hidden);
    kernels.linear(state.workspace, state.hidden, rows, up, Epilogue.GELU, null, state.inner);
    addScaled(state, state.inner, rows, down, layerScale2);
  }

  private void addScaled(
      VisionState state, Tensor input, int rows, Linear linear, @Nullable Tensor scale) {
    Epilogue epilogue = scale == null ? Epilogue.ADD : Epilogue.ADD_SCALED;
    kernels.linear(state.workspace, input, rows, linear, epilogue, scale, state.x);
  }
}
