package io.internvl.core.decoder;

import io.internvl.core.kernel.KvLayer;
import io.internvl.core.nn.KvCache;
import java.util.List;

/**
 * Several conversations that are evaluated together: a KV cache each, one set of activations.
 * Prompts are evaluated one after the other, answers a token of each at a time, for which the
 * weights are read once. Used by one thread at a time; {@link #close} frees the memory.
 *
 * <p>A conversation has an index from 0 on, its place. A place that is not needed any more is free
 * for another conversation after {@link KvCache#truncate}.
 */
public final class DecoderBatch implements AutoCloseable {
  private final DecoderState state;
  private final KvCache[] caches;

  DecoderBatch(
      Decoder decoder,
      int places,
      int maxLength,
      int maxTokens,
      KvLayer.Format format,
      List<ScaledAdapter> adapters) {
    caches = new KvCache[places];
    for (int i = 0; i < places; i++) {
      caches[i] = decoder.newCache(maxLength, format);
    }
    state = decoder.newState(caches[0], Math.max(maxTokens, places), places, places, adapters);
  }

  /**
   * Returns the state for a prompt of one conversation.
   *
   * @param place index of the conversation
   * @return the shared activations with the cache of this conversation; until the next call of this
   *     method or of {@link Decoder#forward(DecoderBatch, int[], int)}
   */
  public DecoderState conversation(int place) {
    state.rows.share(caches[place]);
    return state;
  }

  /**
   * Returns the input rows of the next pass and, after it, the logits.
   *
   * @return the shared activations
   */
  public DecoderState state() {
    return state;
  }

  /**
   * Returns a cache.
   *
   * @param place index of the conversation
   * @return keys and values evaluated so far
   */
  public KvCache cache(int place) {
    return caches[place];
  }

  /**
   * Returns how many conversations there may be at once.
   *
   * @return number of places
   */
  public int places() {
    return caches.length;
  }

  /** Row i of the next pass is a token of the conversation of this place. */
  void choose(int[] places, int count) {
    state.rows.separate(caches, places, count);
  }

  /** Frees caches and activations. Idempotent. */
  @Override
  public void close() {
    state.close();
    for (KvCache cache : caches) {
      cache.close();
    }
  }
}
