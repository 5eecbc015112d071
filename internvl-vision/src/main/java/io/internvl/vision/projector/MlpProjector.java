package io.internvl.vision.projector;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.Workspace;
import io.internvl.core.nn.Weights;
import io.internvl.vision.vit.VisionConfig;
import java.lang.foreign.Arena;

/**
 * Pixel unshuffle, LayerNorm, and a two-layer perceptron with exact GELU: vision features to
 * language-model embeddings (Chen et al. 2024, InternVL 1.5).
 */
public final class MlpProjector {
  private static final float LAYER_NORM_EPS = 1e-5f;

  private final VisionConfig config;
  private final Kernels kernels;
  private final PixelUnshuffle unshuffle;
  private final Tensor normWeight; // (1, 4C)
  private final Tensor normBias; // (1, 4C)
  private final Linear first; // (hidden, 4C)
  private final Linear second; // (hidden, hidden)

  /**
   * Binds the weights.
   *
   * @param config sizes
   * @param weights the file's tensors
   * @param kernels executes the operations
   */
  public MlpProjector(VisionConfig config, Weights weights, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    int joined = joinedSize(config);
    int hidden = config.projectionSize();
    unshuffle = new PixelUnshuffle(config.gridSize(), config.unshuffleFactor());
    normWeight = weights.vector("mm.model.mlp.0.weight", joined);
    normBias = weights.vector("mm.model.mlp.0.bias", joined);
    first = weights.linearWithOptionalBias("mm.model.mlp.1", hidden, joined);
    second = weights.linearWithOptionalBias("mm.model.mlp.3", hidden, hidden);
  }

  private static int joinedSize(VisionConfig config) {
    return config.hiddenSize() * config.unshuffleFactor() * config.unshuffleFactor();
  }

  /** Scratch memory of one projector run; owned by an arena. */
  public static final class State {
    private final Tensor joined; // (tokens, 4C)
    private final Tensor inner; // (tokens, hidden)
    private final Tensor output; // (tokens, hidden)

    /**
     * Allocates scratch.
     *
     * @param arena owner of the memory
     * @param config sizes
     * @param maxTiles tiles of one call
     */
    public State(Arena arena, VisionConfig config, int maxTiles) {
      int tokens = maxTiles * config.tokensPerTile();
      joined = Tensor.allocate(arena, tokens, joinedSize(config));
      inner = Tensor.allocate(arena, tokens, config.projectionSize());
      output = Tensor.allocate(arena, tokens, config.projectionSize());
    }
  }

  /**
   * Projects the features of tiles.
   *
   * @param workspace kernel scratch
   * @param state scratch
   * @param features rows of the vision tower (tiles * rowsPerTile, C)
   * @param tiles number of tiles
   * @return embeddings (tiles * tokensPerTile, hidden), valid until the next call
   */
  public Tensor forward(Workspace workspace, State state, Tensor features, int tiles) {
    for (int i = 0; i < tiles; i++) {
      unshuffle.forward(
          features, i * config.rowsPerTile(), state.joined, i * config.tokensPerTile());
    }
    int tokens = tiles * config.tokensPerTile();
    kernels.layerNorm(state.joined, tokens, normWeight, normBias, LAYER_NORM_EPS, state.joined);
    kernels.linear(workspace, state.joined, tokens, first, Epilogue.GELU, null, state.inner);
    kernels.linear(workspace, state.inner, tokens, second, Epilogue.STORE, null, state.output);
    return state.output;
  }
}
