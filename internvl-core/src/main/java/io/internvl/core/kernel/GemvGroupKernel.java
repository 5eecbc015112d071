package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Multiplies four rows at a time, with their sums in registers. */
abstract class GemvGroupKernel extends GemvKernel {
  private static final int GROUP = 4;
  private static final long UNIT_BYTES = (long) RowShares.UNIT * Float.BYTES;

  @Override
  final void multiply(
      MemorySegment w,
      long offset,
      long rowBytes,
      long apart,
      int streams,
      int rowsOfLast,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long to) {
    MemorySegment lanes = mine.staging.atLeast(GROUP * VECTOR_BYTES);
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      for (int s0 = 0; s0 < count; s0 += GROUP) {
        int s1 = Math.min(s0 + 1, count - 1);
        int s2 = Math.min(s0 + 2, count - 1);
        int s3 = Math.min(s0 + 3, count - 1);
        long first = offset + row * rowBytes;
        group(
            w,
            first + s0 * apart,
            first + s1 * apart,
            first + s2 * apart,
            first + s3 * apart,
            x,
            cols,
            lanes);
        long target = to + (long) row * Float.BYTES;
        for (int i = 0; i < GROUP && s0 + i < count; i++) {
          sums.set(
              ValueLayout.JAVA_FLOAT,
              target + (s0 + i) * UNIT_BYTES,
              VectorSum.at(lanes, i * VECTOR_BYTES));
        }
      }
    }
  }

  /**
   * Multiplies four rows, some of which may be the same.
   *
   * @param w encoded weights
   * @param o0 where the first row starts; o1 to o3 likewise
   * @param x the token
   * @param cols elements of a row
   * @param lanes receives one vector a row: its lanes, added up, are the product
   */
  abstract void group(
      MemorySegment w,
      long o0,
      long o1,
      long o2,
      long o3,
      TokenInput x,
      int cols,
      MemorySegment lanes);
}
