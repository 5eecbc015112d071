package io.internvl.core.nn;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Takes packed groups of rows. */
interface PackedTarget {
  /**
   * Returns room for some groups, all zero.
   *
   * @param copy the matrix
   * @param offset where the groups start in its copy
   * @param bytes size of the groups
   * @param worker who fills it
   */
  MemorySegment room(PackedCopy copy, long offset, long bytes, int worker);

  /** Takes the room back, filled. */
  void put(PackedCopy copy, long offset, MemorySegment groups) throws IOException;
}
