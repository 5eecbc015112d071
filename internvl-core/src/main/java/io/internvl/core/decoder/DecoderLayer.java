package io.internvl.core.decoder;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.Weights;

/** One pre-norm transformer layer. */
final class DecoderLayer {
  private final Kernels kernels;
  private final float eps;
  private final Tensor attentionNorm; // (1, hidden)
  private final SelfAttention attention;
  private final Tensor feedForwardNorm; // (1, hidden)
  private final FeedForward feedForward;

  DecoderLayer(DecoderConfig config, int index, Weights weights, Kernels kernels) {
    this.kernels = kernels;
    this.eps = config.rmsNormEps();
    String block = "blk." + index + ".";
    String norm =
        config.architecture() == Architecture.GPT_OSS ? "post_attention_norm" : "ffn_norm";
    attentionNorm = weights.vector(block + "attn_norm.weight", config.hiddenSize());
    attention = new SelfAttention(config, index, weights, kernels);
    feedForwardNorm = weights.vector(block + norm + ".weight", config.hiddenSize());
    feedForward =
        config.experts().count() > 0
            ? new MixtureOfExperts(config, index, weights, kernels)
            : new GatedFeedForward(config, index, weights, kernels);
  }

  void forward(DecoderState state, int tokens, int outputs) {
    kernels.rmsNorm(state.x, tokens, attentionNorm, eps, state.hidden);
    attention.forward(state, tokens, outputs);
    if (outputs > 0) {
      kernels.rmsNorm(state.x, outputs, feedForwardNorm, eps, state.hidden);
      feedForward.forward(state, outputs);
    }
  }
}
