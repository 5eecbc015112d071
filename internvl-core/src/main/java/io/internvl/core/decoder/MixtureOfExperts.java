package io.internvl.core.decoder;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.GateActivation;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.nn.Weights;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Sparse feed-forward: a router sends each token through a few of many small feed-forward networks
 * and adds their outputs, weighted (Shazeer et al. 2017).
 *
 * <p>Tokens are grouped by expert, so a matrix is read once per call and only when some token chose
 * it. The weights are the softmax over the chosen experts' logits, which equals the softmax over
 * all of them renormalised to the chosen ones.
 */
final class MixtureOfExperts implements FeedForward {
  private final Kernels kernels;
  private final int layer;
  private final int experts;
  private final int used;
  private final Linear router; // (experts, hidden)
  private final Linear[] gate; // each (expertSize, hidden)
  private final Linear[] up; // each (expertSize, hidden)
  private final Linear[] down; // each (hidden, expertSize)
  private final GateActivation activation;

  MixtureOfExperts(DecoderConfig config, int layer, Weights weights, Kernels kernels) {
    this.kernels = kernels;
    this.layer = layer;
    this.experts = config.experts().count();
    this.used = config.experts().used();
    String block = "blk." + layer + ".";
    int hidden = config.hiddenSize();
    int size = config.experts().hiddenSize();
    router = weights.linearWithOptionalBias(block + "ffn_gate_inp", experts, hidden);
    if (weights.has(block + "ffn_gate_up_exps.weight")) {
      WeightMatrix[] both =
          weights.matrices(block + "ffn_gate_up_exps.weight", experts, 2 * size, hidden);
      @Nullable Tensor[] biases = new Tensor[2 * experts];
      if (weights.has(block + "ffn_gate_up_exps.bias")) {
        biases = weights.vectors(block + "ffn_gate_up_exps.bias", 2 * experts, size);
      }
      gate = new Linear[experts];
      up = new Linear[experts];
      for (int e = 0; e < experts; e++) {
        gate[e] = new Linear(weights.rows(both[e], 0, size), biases[2 * e]);
        up[e] = new Linear(weights.rows(both[e], size, size), biases[2 * e + 1]);
      }
    } else {
      gate = stack(weights, block + "ffn_gate_exps", size, hidden);
      up = stack(weights, block + "ffn_up_exps", size, hidden);
    }
    down = stack(weights, block + "ffn_down_exps", hidden, size);
    activation =
        config.architecture() == Architecture.GPT_OSS
            ? GateActivation.CLAMPED_SWIGLU
            : GateActivation.SILU;
  }

  private Linear[] stack(Weights weights, String name, int rows, int cols) {
    WeightMatrix[] matrices = weights.matrices(name + ".weight", experts, rows, cols);
    @Nullable Tensor[] biases =
        weights.has(name + ".bias") ? weights.vectors(name + ".bias", experts, rows) : null;
    Linear[] linears = new Linear[experts];
    for (int e = 0; e < experts; e++) {
      linears[e] = new Linear(matrices[e], biases == null ? null : biases[e]);
    }
    return linears;
  }

  @Override
  public void forward(DecoderState state, int tokens) {
    ExpertScratch scratch = state.experts();
    kernels.linear(
        state.workspace, state.hidden, tokens, router, Epilogue.STORE, null, scratch.router);
    state.adapt(layer, LinearMap.ROUTER, state.hidden, tokens, scratch.router);
    for (int t = 0; t < tokens; t++) {
      scratch.route(t, experts, used);
    }
    for (int e = 0; e < experts; e++) {
      int count = scratch.gather(e, tokens, used);
      if (count > 0) {
        evaluate(state, scratch, e, count);
      }
    }
  }

  private void evaluate(DecoderState state, ExpertScratch scratch, int expert, int count) {
    Tensor hidden = state.hidden;
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(
          hidden.segment(),
          hidden.rowOffset(scratch.tokenOf[i]),
          scratch.input.segment(),
          scratch.input.rowOffset(i),
          (long) hidden.cols() * Float.BYTES);
    }
    state.gatedLinear(
        layer, expert, scratch.input, count, gate[expert], up[expert], activation, scratch.inner);
    kernels.linear(
        state.workspace, scratch.inner, count, down[expert], Epilogue.STORE, null, scratch.output);
    state.adapt(layer, LinearMap.DOWN, expert, scratch.inner, count, scratch.output);
    for (int i = 0; i < count; i++) {
      kernels.addScaledRow(scratch.output, i, scratch.weightOf[i], state.x, scratch.tokenOf[i]);
    }
  }
}
