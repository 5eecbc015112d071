package io.internvl.core.decoder;

import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.WeightMatrix;

/**
 * A low-rank change of a linear map, {@code W + scale * B A} (Hu et al. 2021).
 *
 * @param down A (rank, cols); of the token embedding, its transpose (vocabulary, rank)
 * @param up B (rows, rank)
 * @param scale alpha / rank
 */
record LoraPair(Linear down, Linear up, float scale) {
  int rank() {
    return up.weight().cols();
  }

  /** The change of consecutive rows of W, for matrices that hold several maps. */
  LoraPair rows(int first, int count) {
    WeightMatrix part = up.weight().rows(first, count);
    return new LoraPair(down, new Linear(part, null), scale);
  }
}
