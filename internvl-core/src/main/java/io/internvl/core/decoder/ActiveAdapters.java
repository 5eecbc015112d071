package io.internvl.core.decoder;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.GateActivation;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.Workspace;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The adapters of one conversation: after each linear map that they change, their low-rank products
 * are added to its output.
 */
final class ActiveAdapters {
  private static final LowRank[] NONE = {};

  /** One adapter's change of one map: {@code y += scale * B (A x)}. */
  private record LowRank(Linear down, Linear up, float scale, Tensor inner) {}

  private final Kernels kernels;
  private final Workspace workspace;
  private final Map<LinearMap, LowRank[][]> changes = new EnumMap<>(LinearMap.class);
  private final int experts;
  private final Tensor gate; // (maxTokens, intermediate)
  private final Tensor embedding; // (1, hidden)

  private ActiveAdapters(
      DecoderConfig config, Kernels kernels, Workspace workspace, Arena arena, int maxTokens) {
    this.kernels = kernels;
    this.workspace = workspace;
    boolean dense = config.experts().count() == 0;
    experts = dense ? 1 : config.experts().count();
    int inner = dense ? config.intermediateSize() : config.experts().hiddenSize();
    gate = Tensor.allocate(arena, maxTokens, inner);
    embedding = Tensor.allocate(arena, 1, config.hiddenSize());
  }

  /** Prepares adapters for a conversation; null when there are none to apply. */
  static @Nullable ActiveAdapters of(
      List<ScaledAdapter> adapters,
      DecoderConfig config,
      Kernels kernels,
      Workspace workspace,
      Arena arena,
      int maxTokens) {
    List<ScaledAdapter> applied = adapters.stream().filter(a -> a.scale() != 0).toList();
    if (applied.isEmpty()) {
      return null;
    }
    ActiveAdapters active = new ActiveAdapters(config, kernels, workspace, arena, maxTokens);
    Map<Integer, Tensor> inner = new HashMap<>();
    for (LinearMap map : LinearMap.values()) {
      LowRank[][] places = new LowRank[(config.layers() + 1) * active.experts][];
      for (int i = 0; i < places.length; i++) {
        List<LowRank> sum = new ArrayList<>();
        for (ScaledAdapter scaled : applied) {
          int layer = i / active.experts + LinearMap.NO_LAYER;
          LoraPair pair = scaled.adapter().find(layer, map, i % active.experts);
          if (pair != null) {
            Tensor low =
                inner.computeIfAbsent(pair.rank(), rank -> Tensor.allocate(arena, maxTokens, rank));
            sum.add(new LowRank(pair.down(), pair.up(), scaled.scale() * pair.scale(), low));
          }
        }
        places[i] = sum.toArray(NONE);
      }
      active.changes.put(map, places);
    }
    return active;
  }

  private LowRank[] changes(int layer, LinearMap map, int expert) {
    LowRank[][] places = changes.get(map);
    return places == null ? NONE : places[(layer - LinearMap.NO_LAYER) * experts + expert];
  }

  /** Adds what the adapters change in {@code y}, the output of a map for the input {@code x}. */
  void add(int layer, LinearMap map, int expert, Tensor x, int tokens, Tensor y) {
    for (LowRank change : changes(layer, map, expert)) {
      Tensor inner = change.inner();
      kernels.linear(workspace, x, tokens, change.down(), Epilogue.STORE, null, inner);
      scale(inner, tokens, change.scale());
      kernels.linear(workspace, inner, tokens, change.up(), Epilogue.ADD, null, y);
    }
  }

  /** Adds what the adapters change in a token's embedding. */
  void addEmbedding(int token, Tensor x, int row) {
    for (LowRank change : changes(LinearMap.NO_LAYER, LinearMap.EMBEDDING, 0)) {
      Tensor inner = change.inner();
      kernels.decodeRow(workspace, change.down().weight(), token, inner, 0);
      kernels.linear(workspace, inner, 1, change.up(), Epilogue.STORE, null, embedding);
      kernels.addScaledRow(embedding, 0, change.scale(), x, row);
    }
  }

  /** The first half of a gated feed-forward, in steps, so that changes come before the gate. */
  void gatedLinear(
      int layer,
      int expert,
      Tensor x,
      int tokens,
      Linear gateMap,
      Linear upMap,
      GateActivation activation,
      Tensor y) {
    int gateChanges = changes(layer, LinearMap.GATE, expert).length;
    if (gateChanges + changes(layer, LinearMap.UP, expert).length == 0) {
      kernels.gatedLinear(workspace, x, tokens, gateMap, upMap, activation, y);
      return;
    }
    kernels.linear(workspace, x, tokens, gateMap, Epilogue.STORE, null, gate);
    add(layer, LinearMap.GATE, expert, x, tokens, gate);
    kernels.linear(workspace, x, tokens, upMap, Epilogue.STORE, null, y);
    add(layer, LinearMap.UP, expert, x, tokens, y);
    kernels.gate(gate, y, tokens, activation, y);
  }

  private static void scale(Tensor x, int tokens, float factor) {
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < x.cols(); i++) {
        x.set(t, i, factor * x.get(t, i));
      }
    }
  }
}
