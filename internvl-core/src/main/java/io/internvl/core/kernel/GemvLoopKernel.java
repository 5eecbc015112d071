package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Multiplies eight rows at a time, block by block in a loop over the rows, with their sums in the
 * first-level cache: for types whose block takes so much code that unrolled rows would be too long
 * for the compiler. A load and a store of the sums for 256 weights cost next to nothing.
 */
abstract class GemvLoopKernel extends GemvKernel {
  private static final int STREAMS = 8;

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
    MemorySegment scratch = mine.staging.atLeast(STREAMS * VECTOR_BYTES);
    int part = rows / STREAMS;
    for (int r = 0; r < part; r++) {
      clear(scratch);
      rows(w, offset + r * rowBytes, part * rowBytes, STREAMS, x, cols, scratch);
      for (int i = 0; i < STREAMS; i++) {
        sums.set(ValueLayout.JAVA_FLOAT, to + 4L * (r + i * part), sum(scratch, i));
      }
    }
    int done = part * STREAMS;
    if (done < rows) {
      clear(scratch);
      rows(w, offset + done * rowBytes, rowBytes, rows - done, x, cols, scratch);
      for (int i = 0; i < rows - done; i++) {
        sums.set(ValueLayout.JAVA_FLOAT, to + 4L * (done + i), sum(scratch, i));
      }
    }
  }

  private static void clear(MemorySegment x) {
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < STREAMS; i++) {
      zero.intoMemorySegment(x, i * VECTOR_BYTES, ORDER);
    }
  }

  private static float sum(MemorySegment x, int row) {
    return FloatVector.fromMemorySegment(FLOATS, x, row * VECTOR_BYTES, ORDER)
        .reduceLanes(VectorOperators.ADD);
  }

  /**
   * Multiplies a few rows.
   *
   * @param w encoded weights
   * @param offset where the first row starts
   * @param stride bytes from one row to the next
   * @param rows number of rows, at most eight
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
