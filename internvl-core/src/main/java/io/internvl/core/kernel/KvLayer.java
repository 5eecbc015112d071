package io.internvl.core.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Cached keys and values of one layer: for each key/value head the positions in order, each one
 * headDim elements. Element (h, p, d) lies at index {@code (h * capacity + p) * headDim + d}.
 */
public final class KvLayer {
  /** How cached elements are stored. */
  public enum Format {
    /** Half precision, 2 bytes an element. */
    F16,
    /** Single precision, 4 bytes an element. */
    F32;

    /**
     * Returns the size of an element.
     *
     * @return bytes
     */
    public int bytes() {
      return this == F16 ? Short.BYTES : Float.BYTES;
    }
  }

  private final MemorySegment keys; // (kvHeads, capacity, headDim)
  private final MemorySegment values; // (kvHeads, capacity, headDim)
  private final int kvHeads;
  private final int headDim;
  private final int capacity;
  private final Format format;

  /**
   * Allocates an empty cache.
   *
   * @param arena owner of the memory
   * @param kvHeads number of key/value heads
   * @param headDim size of one head
   * @param capacity number of positions
   * @param format element format
   */
  public KvLayer(Arena arena, int kvHeads, int headDim, int capacity, Format format) {
    long bytes = (long) kvHeads * capacity * headDim * format.bytes();
    this.keys = arena.allocate(bytes, Tensor.ROW_ALIGNMENT);
    this.values = arena.allocate(bytes, Tensor.ROW_ALIGNMENT);
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.capacity = capacity;
    this.format = format;
  }

  /**
   * Copies positions from a cache of the same shape and another capacity.
   *
   * @param source the other cache
   * @param positions number of positions, from the first on
   */
  public void copyFrom(KvLayer source, int positions) {
    long bytes = (long) positions * headDim * format.bytes();
    for (int h = 0; h < kvHeads; h++) {
      long from = source.offset(h, 0);
      long to = offset(h, 0);
      MemorySegment.copy(source.keys, from, keys, to, bytes);
      MemorySegment.copy(source.values, from, values, to, bytes);
    }
  }

  /**
   * Returns where a head's position starts, in keys and in values.
   *
   * @param head key/value head
   * @param position index of the position
   * @return offset in bytes
   */
  public long offset(int head, int position) {
    return ((long) head * capacity + position) * headDim * format.bytes();
  }

  MemorySegment keys() {
    return keys;
  }

  MemorySegment values() {
    return values;
  }

  int kvHeads() {
    return kvHeads;
  }

  int headDim() {
    return headDim;
  }

  /**
   * Returns the number of positions there is room for.
   *
   * @return positions
   */
  public int capacity() {
    return capacity;
  }

  /**
   * Returns how elements are stored.
   *
   * @return the format
   */
  public Format format() {
    return format;
  }
}
