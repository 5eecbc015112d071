package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

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
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      for (int s0 = 0; s0 < count; s0 += GROUP) {
        int s1 = Math.min(s0 + 1, count - 1);
        int s2 = Math.min(s0 + 2, count - 1);
        int s3 = Math.min(s0 + 3, count - 1);
        long first = offset + row * rowBytes;
        long target = to + (long) row * Float.BYTES;
        group(
            w,
            first + s0 * apart,
            first + s1 * apart,
            first + s2 * apart,
            first + s3 * apart,
            x,
            cols,
            mine,
            sums,
            target + s0 * UNIT_BYTES,
            target + s1 * UNIT_BYTES,
            target + s2 * UNIT_BYTES,
            target + s3 * UNIT_BYTES);
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
   * @param mine scratch of the calling worker
   * @param sums receives the products
   * @param r0 byte offset in sums of the first product; r1 to r3 likewise
   */
  abstract void group(
      MemorySegment w,
      long o0,
      long o1,
      long o2,
      long o3,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long r0,
      long r1,
      long r2,
      long r3);
}
