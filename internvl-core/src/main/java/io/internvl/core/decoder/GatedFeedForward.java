package io.internvl.core.decoder;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.GateActivation;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.nn.Weights;

/** SwiGLU feed-forward, {@code x += down(silu(gate(h)) * up(h))} (Shazeer 2020). */
final class GatedFeedForward implements FeedForward {
  private final Kernels kernels;
  private final int layer;
  private final Linear gate; // (intermediate, hidden)
  private final Linear up; // (intermediate, hidden)
  private final Linear down; // (hidden, intermediate)

  GatedFeedForward(DecoderConfig config, int layer, Weights weights, Kernels kernels) {
    this.kernels = kernels;
    this.layer = layer;
    String block = "blk." + layer + ".";
    int hidden = config.hiddenSize();
    int inner = config.intermediateSize();
    if (weights.has(block + "ffn_gate.weight")) {
      gate = weights.linear(block + "ffn_gate", inner, hidden);
      up = weights.linear(block + "ffn_up", inner, hidden);
    } else {
      WeightMatrix both = weights.matrix(block + "ffn_up.weight", 2 * inner, hidden);
      gate = new Linear(weights.rows(both, 0, inner), null);
      up = new Linear(weights.rows(both, inner, inner), null);
    }
    down = weights.linear(block + "ffn_down", hidden, inner);
  }

  @Override
  public void forward(DecoderState state, int tokens) {
    state.gatedLinear(layer, 0, state.hidden, tokens, gate, up, GateActivation.SILU, state.inner);
    kernels.linear(state.workspace, state.inner, tokens, down, Epilogue.ADD, null, state.x);
    state.adapt(layer, LinearMap.DOWN, state.inner, tokens, state.x);
  }
}
