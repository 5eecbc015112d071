package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Multiplies one row of each stream at a time, block by block in a loop over the rows, with their
 * sums in the first-level cache: for types whose block takes so much code that unrolled rows would
 * be too long for the compiler. A load and a store of the sums for 256 weights cost next to
 * nothing.
 */
abstract class GemvLoopKernel extends GemvKernel {
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
    MemorySegment lanes = mine.staging.atLeast(RowShares.STREAMS * VECTOR_BYTES);
    for (int row = 0; row < RowShares.UNIT; row++) {
      int count = row < rowsOfLast ? streams : streams - 1;
      clear(lanes);
      rows(w, offset + row * rowBytes, apart, count, x, cols, lanes);
      long target = to + (long) row * Float.BYTES;
      for (int stream = 0; stream < count; stream++) {
        sums.set(
            ValueLayout.JAVA_FLOAT,
            target + stream * UNIT_BYTES,
            VectorSum.at(lanes, stream * VECTOR_BYTES));
      }
    }
  }

  private static void clear(MemorySegment x) {
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < RowShares.STREAMS; i++) {
      zero.intoMemorySegment(x, i * VECTOR_BYTES, ORDER);
    }
  }

  /**
   * Multiplies a few rows.
   *
   * @param w encoded weights
   * @param offset where the first row starts
   * @param stride bytes from one row to the next
   * @param rows number of rows, at most {@link RowShares#STREAMS}
   * @param x the token
   * @param cols elements of a row
   * @param sums one vector a row: its lanes, added up, are the products; zero before
   */
  abstract void rows(
      MemorySegment w,
      long offset,
      long stride,
      int rows,
      TokenInput x,
      int cols,
      MemorySegment sums);
}
