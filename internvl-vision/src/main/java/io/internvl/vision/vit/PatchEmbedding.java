package io.internvl.vision.vit;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.Workspace;
import io.internvl.core.nn.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Cuts a tile into patches, maps each to a row, puts the class token in front and adds position
 * embeddings (Dosovitskiy et al. 2020). Row 0 is the class token, row 1 + p is patch p.
 */
final class PatchEmbedding {
  private static final int CHANNELS = 3;

  private final VisionConfig config;
  private final Kernels kernels;
  private final Linear projection; // (hidden, 3 * patchSize²), columns ordered channel, y, x
  private final Tensor classRow; // (1, hidden)
  private final Tensor[] positions; // (1 + patches), each (1, hidden)

  PatchEmbedding(VisionConfig config, Weights weights, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    int hidden = config.hiddenSize();
    int patchPixels = CHANNELS * config.patchSize() * config.patchSize();
    projection = weights.linearWithOptionalBias("v.patch_embd", hidden, patchPixels);
    classRow = weights.vector("v.class_embd", hidden);
    positions = weights.vectors("v.position_embd.weight", config.rowsPerTile(), hidden);
  }

  /**
   * Embeds one tile.
   *
   * @param workspace scratch
   * @param pixels normalised pixels (3, imageSize, imageSize), planar
   * @param offset index of the tile's first pixel
   * @param patches scratch (patches, 3 * patchSize²)
   * @param rows scratch (patches, hidden)
   * @param x receives the tile's rows
   * @param firstRow row of x to start at
   */
  void forward(
      Workspace workspace,
      float[] pixels,
      int offset,
      Tensor patches,
      Tensor rows,
      Tensor x,
      int firstRow) {
    int count = config.rowsPerTile() - 1;
    cut(pixels, offset, patches);
    kernels.linear(workspace, patches, count, projection, Epilogue.STORE, null, rows);
    copyRow(classRow, 0, x, firstRow);
    kernels.addScaledRow(positions[0], 0, 1, x, firstRow);
    for (int p = 0; p < count; p++) {
      copyRow(rows, p, x, firstRow + 1 + p);
      kernels.addScaledRow(positions[1 + p], 0, 1, x, firstRow + 1 + p);
    }
  }

  private void cut(float[] pixels, int offset, Tensor patches) {
    int size = config.imageSize();
    int patch = config.patchSize();
    int grid = config.gridSize();
    for (int p = 0; p < grid * grid; p++) {
      int left = p % grid * patch;
      int top = p / grid * patch;
      long target = patches.rowOffset(p);
      for (int c = 0; c < CHANNELS; c++) {
        for (int y = 0; y < patch; y++) {
          int source = offset + (c * size + top + y) * size + left;
          MemorySegment.copy(
              pixels, source, patches.segment(), ValueLayout.JAVA_FLOAT, target, patch);
          target += (long) patch * Float.BYTES;
        }
      }
    }
  }

  private static void copyRow(Tensor from, int fromRow, Tensor to, int toRow) {
    MemorySegment.copy(
        from.segment(),
        from.rowOffset(fromRow),
        to.segment(),
        to.rowOffset(toRow),
        (long) from.cols() * Float.BYTES);
  }
}
