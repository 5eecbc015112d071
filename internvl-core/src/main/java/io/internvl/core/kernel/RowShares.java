package io.internvl.core.kernel;

import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Divides the rows of matrices among workers so that each reads a few long sequential streams.
 *
 * <p>Every worker owns a range of rows of each matrix, cut into {@link #STREAMS} parts. A piece of
 * work is the next {@link #UNIT} rows of each part: from piece to piece the streams go on where
 * they were, which the memory system rewards. Where more rows stand side by side than that ({@link
 * PackedFormat#GROUP}), a piece is as many adjacent rows. A worker that has finished its own range
 * takes pieces from the end of another's, so a slow one delays nobody.
 */
final class RowShares {
  /** Parts of a range, read side by side. */
  static final int STREAMS = 8;

  /**
   * Rows of a part in one piece: half a cache line of results. With more, the 896 rows of a small
   * model leave a worker fewer parts than {@link #STREAMS}.
   */
  static final int UNIT = 8;

  private static final int CACHE_LINE_LONGS = 16;
  private static final long END_MASK = 0xFFFF_FFFFL;

  private final int workers;
  private final AtomicLongArray unclaimed; // of each worker: next piece << 32 | end of its pieces
  private int[] units = {}; // rows of each matrix, in units
  private boolean[] adjacent = {}; // whether all rows of a piece of a matrix are
  private int matrices;

  RowShares(int workers) {
    this.workers = workers;
    unclaimed = new AtomicLongArray((workers + 1) * CACHE_LINE_LONGS);
  }

  /**
   * Divides the rows of some matrices and returns the number of pieces.
   *
   * @param linears the matrices
   * @param up a matrix that is multiplied together with the only one, or null
   */
  int divide(Linear[] linears, @Nullable Linear up) {
    matrices = linears.length;
    if (units.length < matrices) {
      units = new int[matrices];
      adjacent = new boolean[matrices];
    }
    for (int i = 0; i < matrices; i++) {
      adjacent[i] = inLargeGroups(linears[i]) || (up != null && inLargeGroups(up));
      units[i] = Math.ceilDiv(linears[i].weight().rows(), unit(i));
    }
    int total = 0;
    for (int owner = 0; owner < workers; owner++) {
      int count = 0;
      for (int matrix = 0; matrix < matrices; matrix++) {
        count += partUnits(owner, matrix);
      }
      unclaimed.setPlain((owner + 1) * CACHE_LINE_LONGS, count);
      total += count;
    }
    return total;
  }

  /** Whether more than {@link #UNIT} rows stand side by side. */
  private static boolean inLargeGroups(Linear linear) {
    return PackedFormat.GROUP > UNIT && linear.weight().packed() != null;
  }

  /** Rows that one owner has all of. */
  private int unit(int matrix) {
    return adjacent[matrix] ? STREAMS * UNIT : UNIT;
  }

  /**
   * Claims a piece: one of the worker's own in order, else the last of another's.
   *
   * @param worker the claiming worker
   * @return owner << 32 | piece, or -1 when all are claimed
   */
  long claim(int worker) {
    for (int i = 0; i < workers; i++) {
      int owner = (worker + i) % workers;
      int at = (owner + 1) * CACHE_LINE_LONGS;
      while (true) {
        long state = unclaimed.get(at);
        long next = state >>> 32;
        long end = state & END_MASK;
        if (next >= end) {
          break;
        }
        long after = i == 0 ? (next + 1) << 32 | end : next << 32 | (end - 1);
        if (unclaimed.compareAndSet(at, state, after)) {
          return (long) owner << 32 | (i == 0 ? next : end - 1);
        }
      }
    }
    return -1;
  }

  /** Returns which matrix a claimed piece belongs to. */
  int matrix(long claim) {
    int owner = (int) (claim >>> 32);
    int piece = (int) claim;
    int matrix = 0;
    while (piece >= partUnits(owner, matrix)) {
      piece -= partUnits(owner, matrix);
      matrix++;
    }
    return matrix;
  }

  /** Returns the first row of a claimed piece. */
  int firstRow(long claim, int matrix) {
    int owner = (int) (claim >>> 32);
    int piece = (int) claim;
    for (int before = 0; before < matrix; before++) {
      piece -= partUnits(owner, before);
    }
    return (firstUnit(owner, matrix) + piece) * unit(matrix);
  }

  /** Returns how many rows lie between the streams of a claimed piece. */
  int streamRows(long claim, int matrix) {
    return adjacent[matrix] ? UNIT : partUnits((int) (claim >>> 32), matrix) * UNIT;
  }

  /** Returns the end of the owner's range of rows, which is that of the matrix or before it. */
  int endRow(long claim, int matrix, int rows) {
    return Math.min(firstUnit((int) (claim >>> 32) + 1, matrix) * unit(matrix), rows);
  }

  private int firstUnit(int owner, int matrix) {
    return (int) ((long) units[matrix] * owner / workers);
  }

  private int partUnits(int owner, int matrix) {
    int owned = firstUnit(owner + 1, matrix) - firstUnit(owner, matrix);
    return adjacent[matrix] ? owned : Math.ceilDiv(owned, STREAMS);
  }
}
