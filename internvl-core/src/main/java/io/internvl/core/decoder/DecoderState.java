package io.internvl.core.decoder;

import io.internvl.core.kernel.GateActivation;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.Workspace;
import io.internvl.core.nn.KvCache;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything one conversation needs besides the weights: KV cache, activations and kernel scratch,
 * allocated once. Used by one thread at a time; {@link #close} frees it.
 */
public final class DecoderState implements AutoCloseable {
  final Workspace workspace;
  final Tensor x; // (maxTokens, hidden): residual stream
  final Tensor hidden; // (maxTokens, hidden): normalised
  final Tensor query; // (maxTokens, heads * headDim)
  final Tensor key; // (maxTokens, kvHeads * headDim)
  final Tensor value; // (maxTokens, kvHeads * headDim)
  final Tensor attended; // (maxTokens, heads * headDim)
  final Tensor inner; // (maxTokens, intermediate)
  final Tensor cos; // (maxTokens, ropeDims / 2)
  final Tensor sin; // (maxTokens, ropeDims / 2)
  final Tensor[] queryKeyValueOut;
  final Tensor[] keyValueOut;
  final Tensor logits; // (maxOutputs, vocabulary)
  private final @Nullable ExpertScratch experts;
  private final @Nullable ActiveAdapters adapters;
  final CachedRows rows;
  private final Kernels kernels;
  private final KvCache cache;
  private final Arena arena;
  private final int maxTokens;
  private int expectedLength;
  private boolean closed;

  DecoderState(
      DecoderConfig config,
      Kernels kernels,
      KvCache cache,
      int maxTokens,
      int maxOutputs,
      int mostCaches,
      List<ScaledAdapter> scaledAdapters) {
    this.kernels = kernels;
    this.cache = cache;
    this.maxTokens = maxTokens;
    arena = Arena.ofShared();
    workspace = kernels.newWorkspace();
    int hiddenSize = config.hiddenSize();
    int queryCols = config.heads() * config.headDim();
    int kvCols = config.kvHeads() * config.headDim();
    boolean dense = config.experts().count() == 0;
    x = Tensor.allocate(arena, maxTokens, hiddenSize);
    hidden = Tensor.allocate(arena, maxTokens, hiddenSize);
    query = Tensor.allocate(arena, maxTokens, queryCols);
    key = Tensor.allocate(arena, maxTokens, kvCols);
    value = Tensor.allocate(arena, maxTokens, kvCols);
    attended = Tensor.allocate(arena, maxTokens, queryCols);
    inner = Tensor.allocate(arena, dense ? maxTokens : 1, config.intermediateSize());
    cos = Tensor.allocate(arena, maxTokens, config.ropeDims() / 2);
    sin = Tensor.allocate(arena, maxTokens, config.ropeDims() / 2);
    logits = Tensor.allocate(arena, maxOutputs, config.vocabularySize());
    experts = dense ? null : new ExpertScratch(arena, config, maxTokens);
    adapters = ActiveAdapters.of(scaledAdapters, config, kernels, workspace, arena, maxTokens);
    queryKeyValueOut = new Tensor[] {query, key, value};
    keyValueOut = new Tensor[] {key, value};
    rows = new CachedRows(this, kernels, cache, mostCaches);
  }

  /** Adds what adapters change in the output of a layer's linear map. */
  void adapt(int layer, LinearMap map, Tensor input, int tokens, Tensor output) {
    adapt(layer, map, 0, input, tokens, output);
  }

  /** Adds what adapters change in the output of an expert's linear map. */
  void adapt(int layer, LinearMap map, int expert, Tensor input, int tokens, Tensor output) {
    if (adapters != null) {
      adapters.add(layer, map, expert, input, tokens, output);
    }
  }

  /** Adds what adapters change in a token's embedding. */
  void adaptEmbedding(int token, int row) {
    if (adapters != null) {
      adapters.addEmbedding(token, x, row);
    }
  }

  /** The first half of a gated feed-forward with what adapters change. */
  void gatedLinear(
      int layer,
      int expert,
      Tensor input,
      int tokens,
      Linear gate,
      Linear up,
      GateActivation activation,
      Tensor output) {
    if (adapters == null) {
      kernels.gatedLinear(workspace, input, tokens, gate, up, activation, output);
    } else {
      adapters.gatedLinear(layer, expert, input, tokens, gate, up, activation, output);
    }
  }

  ExpertScratch experts() {
    if (experts == null) {
      throw new IllegalStateException("dense model");
    }
    return experts;
  }

  /**
   * Returns the input rows of the next forward pass.
   *
   * @return embeddings (maxTokens, hidden), overwritten by the pass
   */
  public Tensor input() {
    return x;
  }

  /**
   * Returns the logits of the last forward pass.
   *
   * @return (maxOutputs, vocabulary)
   */
  public Tensor logits() {
    return logits;
  }

  /**
   * Returns the cache.
   *
   * @return keys and values evaluated so far; of a {@link DecoderBatch}, those of the conversation
   *     that was asked for last
   */
  public KvCache cache() {
    return rows.shared();
  }

  /**
   * Announces a prompt that is evaluated in several passes. Models with LongRoPE choose their
   * rotary frequencies by the length of the whole, as their reference implementation does, which
   * evaluates a prompt in one pass.
   *
   * @param length positions in the cache when the prompt is evaluated
   */
  public void expectLength(int length) {
    expectedLength = length;
  }

  int expectedLength() {
    return expectedLength;
  }

  /**
   * Returns how many tokens one forward pass takes.
   *
   * @return rows of {@link #input}
   */
  public int maxTokens() {
    return maxTokens;
  }

  /** Moves the rows of the last tokens to the front of all per-token inputs. */
  void keepLast(int tokens, int count) {
    keepLast(x, tokens, count);
    keepLast(hidden, tokens, count);
    keepLast(cos, tokens, count);
    keepLast(sin, tokens, count);
  }

  private static void keepLast(Tensor tensor, int tokens, int count) {
    long from = tensor.rowOffset(tokens - count);
    MemorySegment.copy(tensor.segment(), from, tensor.segment(), 0, tensor.rowOffset(count));
  }

  /** Frees activations, scratch and cache. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      workspace.close();
      arena.close();
      cache.close();
    }
  }
}
