package io.internvl.core.nn;

import io.internvl.core.kernel.KvLayer;
import java.lang.foreign.Arena;

/**
 * Keys and values of all layers for one conversation.
 *
 * <p>Starts small and doubles up to a limit, so that a short chat with a long-context model costs
 * little. Not thread-safe. {@link #close} frees the memory.
 */
public final class KvCache implements AutoCloseable {
  private static final int FIRST_CAPACITY = 512;

  private final int kvHeads;
  private final int headDim;
  private final int maxLength;
  private final KvLayer.Format format;
  private KvLayer[] layers;
  private Arena arena;
  private int capacity;
  private int length;
  private boolean closed;

  /**
   * Creates an empty cache.
   *
   * @param layers number of layers
   * @param kvHeads key/value heads of a layer
   * @param headDim size of a head
   * @param maxLength largest number of positions
   * @param format element format
   */
  public KvCache(int layers, int kvHeads, int headDim, int maxLength, KvLayer.Format format) {
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.maxLength = maxLength;
    this.format = format;
    capacity = Math.min(FIRST_CAPACITY, maxLength);
    arena = Arena.ofShared();
    this.layers = allocate(arena, layers, capacity);
  }

  /** Makes layers; closes the arena when there is not enough memory for them. */
  private KvLayer[] allocate(Arena owner, int count, int newCapacity) {
    KvLayer[] made = new KvLayer[count];
    boolean complete = false;
    try {
      for (int i = 0; i < count; i++) {
        made[i] = new KvLayer(owner, kvHeads, headDim, newCapacity, format);
      }
      complete = true;
      return made;
    } finally {
      if (!complete) {
        owner.close();
      }
    }
  }

  /**
   * Makes room for more positions.
   *
   * @param wanted total number of positions, at most {@link #maxLength}
   * @throws IllegalStateException when more than the maximum is asked for
   * @throws OutOfMemoryError when there is no memory for them; the cache stays as it was
   */
  public void reserve(int wanted) {
    if (wanted <= capacity) {
      return;
    }
    if (wanted > maxLength) {
      throw new IllegalStateException(
          "KV cache: " + wanted + " positions asked for, limit " + maxLength);
    }
    int newCapacity = (int) Math.min(maxLength, Math.max(wanted, 2L * capacity));
    Arena newArena = Arena.ofShared();
    KvLayer[] larger = allocate(newArena, layers.length, newCapacity);
    for (int i = 0; i < layers.length; i++) {
      larger[i].copyFrom(layers[i], length);
    }
    arena.close();
    arena = newArena;
    layers = larger;
    capacity = newCapacity;
  }

  /**
   * Returns one layer's keys and values.
   *
   * @param layer index of the layer
   * @return valid until the next {@link #reserve}
   */
  public KvLayer layer(int layer) {
    return layers[layer];
  }

  /**
   * Returns how many positions are filled.
   *
   * @return tokens and image rows evaluated so far
   */
  public int length() {
    return length;
  }

  /**
   * Declares positions filled after all layers stored them.
   *
   * @param tokens number of new positions
   */
  public void advance(int tokens) {
    length += tokens;
  }

  /**
   * Forgets positions from the end.
   *
   * @param newLength number of positions to keep, at most {@link #length}
   */
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException("truncate to " + newLength + " of " + length);
    }
    length = newLength;
  }

  /**
   * Returns the limit.
   *
   * @return largest number of positions
   */
  public int maxLength() {
    return maxLength;
  }

  /** Frees the memory. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
