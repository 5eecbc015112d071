package io.internvl.core.nn;

import io.internvl.core.kernel.PackedRows;
import io.internvl.core.kernel.WeightMatrix;

/**
 * A matrix that is to be packed.
 *
 * @param weight the matrix
 * @param rows its copy
 * @param offset where the copy starts among the others
 */
record PackedCopy(WeightMatrix weight, PackedRows rows, long offset) {

  /** Returns the size of a group of rows. */
  long groupBytes() {
    return rows.byteSize() / rows.groups();
  }
}
