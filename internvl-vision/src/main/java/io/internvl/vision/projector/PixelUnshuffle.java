package io.internvl.vision.projector;

import io.internvl.core.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Joins each square of factor x factor neighbouring patches into one row: top left, top right,
 * bottom left, bottom right for a factor of 2. The class token is dropped.
 */
final class PixelUnshuffle {
  private final int grid;
  private final int factor;

  /**
   * Creates the operation.
   *
   * @param grid patches along a side of a tile
   * @param factor side of a square
   */
  PixelUnshuffle(int grid, int factor) {
    this.grid = grid;
    this.factor = factor;
  }

  /**
   * Rearranges one tile.
   *
   * @param features rows of the vision tower (.., C)
   * @param firstRow row of the tile's class token
   * @param out receives (grid/factor)² rows (.., factor² * C)
   * @param firstOut first row to write
   */
  void forward(Tensor features, int firstRow, Tensor out, int firstOut) {
    int side = grid / factor;
    long width = (long) features.cols() * Float.BYTES;
    for (int t = 0; t < side * side; t++) {
      long target = out.rowOffset(firstOut + t);
      for (int part = 0; part < factor * factor; part++) {
        int y = t / side * factor + part / factor;
        int x = t % side * factor + part % factor;
        long source = features.rowOffset(firstRow + 1 + y * grid + x);
        MemorySegment.copy(features.segment(), source, out.segment(), target, width);
        target += width;
      }
    }
  }
}
