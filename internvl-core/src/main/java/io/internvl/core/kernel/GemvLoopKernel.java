package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Multiplies one row of each stream at a time, block by block in a loop over the rows. Their sums
 * are in an array in the first-level cache: vectors load and store it with cheap range checks.
 */
abstract class GemvLoopKernel extends GemvKernel {
  /** Sums of a row: the lanes of a vector, and zeros up to 512 bits. */
  static final int SUMS = 16;

  /** Sums of all rows. */
  static final int ALL_SUMS = RowShares.STREAMS * SUMS;

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
    float[] lanes = mine.lanes(scratchFloats());
    long[] starts = mine.starts();
    int used = usedSums();
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      Arrays.fill(lanes, 0, ALL_SUMS, 0f);
      for (int i = 0; i < RowShares.STREAMS; i++) {
        starts[i] = i < count ? offset + row * rowBytes + i * apart : offset;
      }
      if (fetches()) {
        for (int i = 0; i < count; i++) {
          mine.fetched = CacheLines.fetch(w, starts[i], rowBytes);
        }
      }
      rows(w, starts, x, cols, mine, lanes);
      long target = to + (long) row * Float.BYTES;
      if (LANES == SUMS) {
        VectorSum.rows(lanes);
      }
      for (int stream = 0; stream < count; stream++) {
        float sum = LANES == SUMS ? lanes[2 * stream] : VectorSum.at(lanes, stream * SUMS, used);
        sums.set(ValueLayout.JAVA_FLOAT, target + stream * UNIT_BYTES, sum);
      }
    }
  }

  /**
   * Whether rows are fetched ({@link CacheLines}) before {@link #rows} reads them. Which kernels
   * gain by it was measured (docs/kernels.md): most of them read the headers of some blocks and
   * then the codes. The others only lose time.
   */
  boolean fetches() {
    return false;
  }

  /** Returns how many sums of a row {@link #rows} uses, the first ones: a multiple of four. */
  int usedSums() {
    return SUMS;
  }

  /**
   * Returns how many floats {@link #rows} needs: the sums of all rows, and whatever follows them.
   */
  int scratchFloats() {
    return ALL_SUMS;
  }

  /**
   * Multiplies {@link RowShares#STREAMS} rows. Their number is constant, which saves a fifth of the
   * time; rows that a stream lacks are read from another.
   *
   * @param w encoded weights
   * @param starts where the rows start
   * @param x the token
   * @param cols elements of a row
   * @param mine further scratch
   * @param lanes sixteen sums a row: added up, they are the products; zero before. Behind them
   *     {@link #scratchFloats} of any content
   */
  abstract void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes);
}
