package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

/** Multiplies four rows at a time, with their sums in registers. */
abstract class GemvGroupKernel extends GemvKernel {
  /** Rows of a group, and streams of memory. */
  static final int STREAMS = 4;

  @Override
  final void multiply(
      MemorySegment w,
      long offset,
      long rowBytes,
      int rows,
      TokenInput x,
      int cols,
      WorkerScratch mine,
      MemorySegment sums,
      long to) {
    int part = Math.ceilDiv(rows, STREAMS);
    for (int r = 0; r < part; r++) {
      int r1 = Math.min(r + part, rows - 1);
      int r2 = Math.min(r + 2 * part, rows - 1);
      int r3 = Math.min(r + 3 * part, rows - 1);
      group(
          w,
          offset + r * rowBytes,
          offset + r1 * rowBytes,
          offset + r2 * rowBytes,
          offset + r3 * rowBytes,
          x,
          cols,
          mine,
          sums,
          to + (long) r * Float.BYTES,
          to + (long) r1 * Float.BYTES,
          to + (long) r2 * Float.BYTES,
          to + (long) r3 * Float.BYTES);
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
