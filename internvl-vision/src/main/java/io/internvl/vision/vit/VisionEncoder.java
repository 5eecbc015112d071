package io.internvl.vision.vit;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.Weights;
import io.internvl.gguf.GgufException;
import org.jspecify.annotations.Nullable;

/**
 * InternViT: normalised pixels of a tile in, one feature row for the class token and one for each
 * patch out. No norm follows the last layer unless the file has one. Thread-safe as far as each
 * {@link VisionState} is used by one thread at a time.
 */
public final class VisionEncoder {
  private static final int TARGET_ROWS = 1024;

  private final VisionConfig config;
  private final Kernels kernels;
  private final PatchEmbedding patchEmbedding;
  private final EncoderLayer[] layers;
  private final @Nullable Norm finalNorm;

  /**
   * Binds the weights.
   *
   * @param config sizes
   * @param weights the file's tensors
   * @param kernels executes the operations
   * @throws GgufException when a tensor has an unusable encoding
   */
  public VisionEncoder(VisionConfig config, Weights weights, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    patchEmbedding = new PatchEmbedding(config, weights, kernels);
    layers = new EncoderLayer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new EncoderLayer(config, i, weights, kernels);
    }
    finalNorm =
        weights.has("v.post_ln.weight")
            ? new Norm("v.post_ln", config.hiddenSize(), config.layerNormEps(), weights, kernels)
            : null;
  }

  /**
   * Creates scratch memory. Small towers take several tiles in one pass.
   *
   * @return the state, to be closed by the caller
   */
  public VisionState newState() {
    return new VisionState(config, kernels, Math.max(1, TARGET_ROWS / config.rowsPerTile()));
  }

  /**
   * Evaluates tiles.
   *
   * @param state scratch
   * @param pixels normalised pixels (.., 3, imageSize, imageSize)
   * @param firstTile index of the first tile
   * @param tiles number of tiles, at most {@link VisionState#maxTiles}
   * @return features (tiles * rowsPerTile, hidden), the class token first in each tile; valid until
   *     the next call
   */
  public Tensor forward(VisionState state, float[] pixels, int firstTile, int tiles) {
    int tilePixels = 3 * config.imageSize() * config.imageSize();
    if (tiles < 1 || tiles > state.maxTiles()) {
      throw new IllegalArgumentException(tiles + " tiles, limit " + state.maxTiles());
    }
    if ((firstTile + (long) tiles) * tilePixels > pixels.length) {
      throw new IllegalArgumentException(
          pixels.length + " pixels, expected " + (firstTile + tiles) + " tiles of " + tilePixels);
    }
    for (int i = 0; i < tiles; i++) {
      patchEmbedding.forward(
          state.workspace,
          pixels,
          (firstTile + i) * tilePixels,
          state.patches,
          state.patchRows,
          state.x,
          i * config.rowsPerTile());
    }
    for (EncoderLayer layer : layers) {
      layer.forward(state, tiles);
    }
    if (finalNorm != null) {
      finalNorm.forward(state.x, tiles * config.rowsPerTile(), state.x);
    }
    return state.x;
  }
}
