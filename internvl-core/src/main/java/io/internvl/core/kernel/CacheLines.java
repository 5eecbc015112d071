package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Fetches weights into the cache by reading a word of each line, many misses at a time. Java has no
 * prefetch instruction, so this takes time of its own; where it pays was measured
 * (docs/kernels.md).
 */
final class CacheLines {
  private static final int LINE = 64;

  private CacheLines() {}

  /**
   * Reads a word of each whole line.
   *
   * @param w where the lines are
   * @param from byte offset of the first one
   * @param bytes how much is fetched
   * @return the sum of the words, to be stored somewhere: the compiler removes loads nobody needs
   */
  static int fetch(MemorySegment w, long from, long bytes) {
    int words = 0;
    int lines = (int) (bytes / LINE);
    for (int i = 0; i < lines; i++) {
      words += w.get(ByteLanes.INT, from + (long) i * LINE);
    }
    return words;
  }
}
