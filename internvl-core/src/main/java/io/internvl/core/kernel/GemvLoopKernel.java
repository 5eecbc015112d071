package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Multiplies one row of each stream at a time, block by block in a loop over the rows, with their
 * sums in the first-level cache: for types whose block takes so much code that unrolled rows would
 * be too long for the compiler. A load and a store of the sums for 256 weights cost next to
 * nothing.
 */
abstract class GemvLoopKernel extends GemvKernel {
  /** Sums of a row: the lanes of a vector, and zeros up to 512 bits. */
  static final int SUMS = 16;

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
    float[] lanes = mine.lanes(RowShares.STREAMS * SUMS);
    long[] starts = mine.starts();
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      Arrays.fill(lanes, 0, RowShares.STREAMS * SUMS, 0f);
      for (int i = 0; i < RowShares.STREAMS; i++) {
        starts[i] = i < count ? offset + row * rowBytes + i * apart : offset;
      }
      rows(w, starts, x, cols, lanes);
      long target = to + (long) row * Float.BYTES;
      for (int stream = 0; stream < count; stream++) {
        sums.set(
            ValueLayout.JAVA_FLOAT,
            target + stream * UNIT_BYTES,
            VectorSum.at(lanes, stream * SUMS));
      }
    }
  }

  /**
   * Multiplies {@link RowShares#STREAMS} rows.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param x the token
   * @param cols elements of a row
   * @param lanes sixteen sums a row: added up, they are the products; zero before
   */
  abstract void rows(MemorySegment w, long[] starts, TokenInput x, int cols, float[] lanes);
}
