package io.internvl.core.decoder;

import io.internvl.core.kernel.AttentionShape;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.KvCache;

/**
 * Which KV caches the rows of a forward pass belong to: all to one, as consecutive positions, or
 * each to one of its own. What attention does with them is the only difference between a prompt and
 * one token of each of several conversations.
 */
final class CachedRows {
  private final DecoderState state;
  private final Kernels kernels;
  private final KvCache[] caches; // of each row
  private final Tensor[] queries; // views of each row
  private final Tensor[] keys;
  private final Tensor[] values;
  private final Tensor[] attended;
  private KvCache shared;
  private boolean separate;

  /**
   * Creates the rows of a state.
   *
   * @param state the activations
   * @param kernels executes the operations
   * @param cache belongs to all rows
   * @param mostCaches how many rows may have caches of their own
   */
  CachedRows(DecoderState state, Kernels kernels, KvCache cache, int mostCaches) {
    this.state = state;
    this.kernels = kernels;
    shared = cache;
    caches = new KvCache[mostCaches];
    queries = rows(state.query, mostCaches);
    keys = rows(state.key, mostCaches);
    values = rows(state.value, mostCaches);
    attended = rows(state.attended, mostCaches);
  }

  private static Tensor[] rows(Tensor tensor, int count) {
    Tensor[] rows = new Tensor[count];
    for (int i = 0; i < count; i++) {
      rows[i] = tensor.row(i);
    }
    return rows;
  }

  /** All rows belong to one cache, after what is in it. */
  void share(KvCache cache) {
    shared = cache;
    separate = false;
  }

  /** Row i belongs to the cache of this index. */
  void separate(KvCache[] all, int[] indices, int count) {
    for (int i = 0; i < count; i++) {
      caches[i] = all[indices[i]];
    }
    separate = true;
  }

  /** The cache that all rows belong to. */
  KvCache shared() {
    return shared;
  }

  /** Position of a row's token. */
  int position(int row) {
    return separate ? caches[row].length() : shared.length() + row;
  }

  /** Makes room for new tokens. */
  void reserve(int tokens) {
    if (separate) {
      for (int i = 0; i < tokens; i++) {
        caches[i].reserve(caches[i].length() + 1);
      }
    } else {
      shared.reserve(shared.length() + tokens);
    }
  }

  /** Declares new tokens part of their caches. */
  void advance(int tokens) {
    if (separate) {
      for (int i = 0; i < tokens; i++) {
        caches[i].advance(1);
      }
    } else {
      shared.advance(tokens);
    }
  }

  /** Stores the keys and values of a layer. */
  void store(int layer, int tokens) {
    if (separate) {
      for (int i = 0; i < tokens; i++) {
        kernels.store(keys[i], values[i], 1, caches[i].layer(layer), caches[i].length());
      }
    } else {
      kernels.store(state.key, state.value, tokens, shared.layer(layer), shared.length());
    }
  }

  /** Attention of the last tokens, whose queries are in the first rows. */
  void attend(int layer, AttentionShape shape, int tokens, int outputs) {
    if (separate) {
      for (int i = 0; i < outputs; i++) {
        attend(queries[i], 1, caches[i].layer(layer), caches[i].length(), shape, attended[i]);
      }
    } else {
      int first = shared.length() + tokens - outputs;
      attend(state.query, outputs, shared.layer(layer), first, shape, state.attended);
    }
  }

  private void attend(
      Tensor query, int tokens, KvLayer cached, int first, AttentionShape shape, Tensor y) {
    kernels.attention(state.workspace, query, tokens, cached, first, shape, y);
  }
}
