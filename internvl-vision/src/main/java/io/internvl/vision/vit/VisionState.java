package io.internvl.vision.vit;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.Workspace;
import java.lang.foreign.Arena;

/**
 * Activations and kernel scratch of one run of the vision tower, allocated once. Used by one thread
 * at a time; {@link #close} frees it.
 */
public final class VisionState implements AutoCloseable {
  final Workspace workspace;
  final Tensor x; // (rows, hidden): residual stream
  final Tensor hidden; // (rows, hidden)
  final Tensor query; // (rows, hidden)
  final Tensor key; // (rows, hidden)
  final Tensor value; // (rows, hidden)
  final Tensor inner; // (rows, intermediate)
  final Tensor patches; // (patches, 3 * patchSize²)
  final Tensor patchRows; // (patches, hidden)
  final Tensor[] queryKeyValueOut;
  private final Arena arena;
  private final int maxTiles;
  private boolean closed;

  VisionState(VisionConfig config, Kernels kernels, int maxTiles) {
    this.maxTiles = maxTiles;
    arena = Arena.ofShared();
    workspace = kernels.newWorkspace();
    int rows = maxTiles * config.rowsPerTile();
    int hiddenSize = config.hiddenSize();
    int patchCount = config.rowsPerTile() - 1;
    x = Tensor.allocate(arena, rows, hiddenSize);
    hidden = Tensor.allocate(arena, rows, hiddenSize);
    query = Tensor.allocate(arena, rows, hiddenSize);
    key = Tensor.allocate(arena, rows, hiddenSize);
    value = Tensor.allocate(arena, rows, hiddenSize);
    inner = Tensor.allocate(arena, rows, config.intermediateSize());
    patches = Tensor.allocate(arena, patchCount, 3 * config.patchSize() * config.patchSize());
    patchRows = Tensor.allocate(arena, patchCount, hiddenSize);
    queryKeyValueOut = new Tensor[] {query, key, value};
  }

  /**
   * Returns how many tiles one forward pass takes.
   *
   * @return tiles
   */
  public int maxTiles() {
    return maxTiles;
  }

  /**
   * Returns the scratch for operations that follow the tower.
   *
   * @return the workspace
   */
  public Workspace workspace() {
    return workspace;
  }

  /** Frees the memory. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      workspace.close();
      arena.close();
    }
  }
}
