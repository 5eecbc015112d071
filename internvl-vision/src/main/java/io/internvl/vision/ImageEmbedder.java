package io.internvl.vision;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.Weights;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.vision.projector.MlpProjector;
import io.internvl.vision.vit.VisionConfig;
import io.internvl.vision.vit.VisionEncoder;
import io.internvl.vision.vit.VisionState;
import java.lang.foreign.Arena;
import java.util.function.IntConsumer;

/**
 * Tiles of an image to rows that the language model reads in place of {@code <IMG_CONTEXT>}.
 *
 * <p>One instance serves a model; calls from several threads run one after the other.
 */
public final class ImageEmbedder implements AutoCloseable {
  private final VisionConfig config;
  private final VisionEncoder encoder;
  private final MlpProjector projector;
  private final Arena arena = Arena.ofShared();
  private final VisionState state;
  private final MlpProjector.State projectorState;
  private boolean closed;

  private ImageEmbedder(VisionConfig config, VisionEncoder encoder, MlpProjector projector) {
    this.config = config;
    this.encoder = encoder;
    this.projector = projector;
    state = encoder.newState();
    projectorState = new MlpProjector.State(arena, config, state.maxTiles());
  }

  /**
   * Binds the weights of an mmproj file.
   *
   * @param file the open file; must stay open as long as the embedder is used
   * @param arena owner of decoded vectors
   * @param kernels executes the operations
   * @return the embedder
   * @throws GgufException when metadata or tensors are missing or do not fit
   */
  public static ImageEmbedder load(GgufFile file, Arena arena, Kernels kernels) {
    VisionConfig config = VisionConfig.from(file.metadata());
    if (config.layers() > file.tensors().size()) {
      throw new GgufException(
          file.path()
              + ": "
              + config.layers()
              + " layers, but "
              + file.tensors().size()
              + " tensors");
    }
    Weights weights = new Weights(file, arena);
    VisionEncoder encoder = new VisionEncoder(config, weights, kernels);
    MlpProjector projector = new MlpProjector(config, weights, kernels);
    weights.check();
    return new ImageEmbedder(config, encoder, projector);
  }

  /**
   * Computes the embeddings of an image's tiles.
   *
   * @param pixels normalised pixels (tiles, 3, imageSize, imageSize)
   * @param tiles number of tiles
   * @param progress hears how many tiles are finished
   * @return embeddings (tiles * tokensPerTile, projectionSize), row after row
   */
  public synchronized float[] embed(float[] pixels, int tiles, IntConsumer progress) {
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
    int size = config.projectionSize();
    int tokens = config.tokensPerTile();
    float[] rows = new float[Math.multiplyExact(Math.multiplyExact(tiles, tokens), size)];
    for (int first = 0; first < tiles; first += state.maxTiles()) {
      int count = Math.min(state.maxTiles(), tiles - first);
      Tensor features = encoder.forward(state, pixels, first, count);
      Tensor projected = projector.forward(state.workspace(), projectorState, features, count);
      for (int r = 0; r < count * tokens; r++) {
        projected.copyRowTo(r, rows, (first * tokens + r) * size);
      }
      progress.accept(first + count);
    }
    return rows;
  }

  /**
   * Returns the sizes of the tower.
   *
   * @return the configuration
   */
  public VisionConfig config() {
    return config;
  }

  /** Frees scratch memory. Idempotent. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      state.close();
      arena.close();
    }
  }
}
