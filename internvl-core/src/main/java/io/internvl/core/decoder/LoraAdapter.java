package io.internvl.core.decoder;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A LoRA adapter: low-rank changes of the linear maps of one language model (Hu et al. 2021), in
 * the file format of llama.cpp's {@code convert_lora_to_gguf}. The matrices stay views of the
 * mapped file. Immutable and thread-safe.
 */
public final class LoraAdapter {
  private static final String ALPHA = "adapter.lora.alpha";
  private static final String INVOCATION = "adapter.alora.invocation_tokens";

  /** Which map a change belongs to. */
  private record Place(int layer, LinearMap map, int expert) {}

  private final Map<Place, LoraPair> pairs = new HashMap<>();

  private LoraAdapter() {}

  /**
   * Binds the tensors of an adapter file.
   *
   * @param file the open adapter; must stay open as long as it is used
   * @param config sizes of the model it is for
   * @param tied whether the model's logits use the token embedding
   * @return the adapter
   * @throws GgufException when the file is no LoRA adapter or does not fit the model
   */
  static LoraAdapter load(GgufFile file, DecoderConfig config, boolean tied) {
    GgufMetadata metadata = file.metadata();
    require(file, "general.type", "adapter");
    require(file, "adapter.type", "lora");
    require(file, "general.architecture", config.architecture().ggufName());
    if (metadata.has(INVOCATION)) {
      throw new GgufException(
          file.path()
              + ": key '"
              + INVOCATION
              + "': adapters that start at an invocation sequence are not supported");
    }
    if (tied && file.find("token_embd.weight.lora_a").isPresent()) {
      throw new GgufException(
          file.path()
              + ": tensor 'token_embd.weight.lora_a': this model uses the token embedding for its"
              + " logits too; adapters of both at once are not supported");
    }
    LoraTensors tensors = new LoraTensors(file, metadata.float32(ALPHA, 0));
    LoraAdapter adapter = new LoraAdapter();
    adapter.bindEnds(tensors, config, tied);
    for (int layer = 0; layer < config.layers(); layer++) {
      adapter.bindAttention(tensors, config, layer);
      if (config.experts().count() > 0) {
        adapter.bindExperts(tensors, config, layer);
      } else {
        adapter.bindFeedForward(tensors, config, layer);
      }
    }
    tensors.check();
    return adapter;
  }

  private static void require(GgufFile file, String key, String expected) {
    String found = file.metadata().string(key, "");
    if (!found.equals(expected)) {
      throw new GgufException(
          file.path()
              + ": key '"
              + key
              + "' is '"
              + found
              + "', expected '"
              + expected
              + "' in a LoRA adapter for this model");
    }
  }

  private void bindEnds(LoraTensors tensors, DecoderConfig config, boolean tied) {
    int vocabulary = config.vocabularySize();
    int hidden = config.hiddenSize();
    if (!tied) {
      LoraPair embedding = tensors.embedding("token_embd.weight", vocabulary, hidden);
      put(LinearMap.NO_LAYER, LinearMap.EMBEDDING, embedding);
      LoraPair logits = tensors.matrix("output.weight", vocabulary, hidden);
      put(LinearMap.NO_LAYER, LinearMap.LOGITS, logits);
    }
  }

  private void bindAttention(LoraTensors tensors, DecoderConfig config, int layer) {
    String block = "blk." + layer + ".";
    int hidden = config.hiddenSize();
    int queryRows = config.heads() * config.headDim();
    int kvRows = config.kvHeads() * config.headDim();
    LoraPair all = tensors.matrix(block + "attn_qkv.weight", queryRows + 2 * kvRows, hidden);
    if (all == null) {
      put(layer, LinearMap.QUERY, tensors.matrix(block + "attn_q.weight", queryRows, hidden));
      put(layer, LinearMap.KEY, tensors.matrix(block + "attn_k.weight", kvRows, hidden));
      put(layer, LinearMap.VALUE, tensors.matrix(block + "attn_v.weight", kvRows, hidden));
    } else {
      put(layer, LinearMap.QUERY, all.rows(0, queryRows));
      put(layer, LinearMap.KEY, all.rows(queryRows, kvRows));
      put(layer, LinearMap.VALUE, all.rows(queryRows + kvRows, kvRows));
    }
    LoraPair output = tensors.matrix(block + "attn_output.weight", hidden, queryRows);
    put(layer, LinearMap.ATTENTION_OUTPUT, output);
  }

  private void bindFeedForward(LoraTensors tensors, DecoderConfig config, int layer) {
    String block = "blk." + layer + ".";
    int hidden = config.hiddenSize();
    int inner = config.intermediateSize();
    if (config.architecture() == Architecture.PHI3) {
      LoraPair both = tensors.matrix(block + "ffn_up.weight", 2 * inner, hidden);
      put(layer, LinearMap.GATE, both == null ? null : both.rows(0, inner));
      put(layer, LinearMap.UP, both == null ? null : both.rows(inner, inner));
    } else {
      put(layer, LinearMap.GATE, tensors.matrix(block + "ffn_gate.weight", inner, hidden));
      put(layer, LinearMap.UP, tensors.matrix(block + "ffn_up.weight", inner, hidden));
    }
    put(layer, LinearMap.DOWN, tensors.matrix(block + "ffn_down.weight", hidden, inner));
  }

  private void bindExperts(LoraTensors tensors, DecoderConfig config, int layer) {
    String block = "blk." + layer + ".";
    int hidden = config.hiddenSize();
    int count = config.experts().count();
    int inner = config.experts().hiddenSize();
    put(layer, LinearMap.ROUTER, tensors.matrix(block + "ffn_gate_inp.weight", count, hidden));
    LoraPair[] both = tensors.stack(block + "ffn_gate_up_exps.weight", count, 2 * inner, hidden);
    for (int e = 0; e < both.length; e++) {
      pairs.put(new Place(layer, LinearMap.GATE, e), both[e].rows(0, inner));
      pairs.put(new Place(layer, LinearMap.UP, e), both[e].rows(inner, inner));
    }
    if (both.length == 0) {
      LoraPair[] gates = tensors.stack(block + "ffn_gate_exps.weight", count, inner, hidden);
      putAll(layer, LinearMap.GATE, gates);
      LoraPair[] ups = tensors.stack(block + "ffn_up_exps.weight", count, inner, hidden);
      putAll(layer, LinearMap.UP, ups);
    }
    LoraPair[] downs = tensors.stack(block + "ffn_down_exps.weight", count, hidden, inner);
    putAll(layer, LinearMap.DOWN, downs);
  }

  private void put(int layer, LinearMap map, @Nullable LoraPair pair) {
    if (pair != null) {
      pairs.put(new Place(layer, map, 0), pair);
    }
  }

  private void putAll(int layer, LinearMap map, LoraPair[] experts) {
    for (int e = 0; e < experts.length; e++) {
      pairs.put(new Place(layer, map, e), experts[e]);
    }
  }

  /** The change of a map, null for none. */
  @Nullable LoraPair find(int layer, LinearMap map, int expert) {
    return pairs.get(new Place(layer, map, expert));
  }

  /**
   * Returns how many linear maps are changed.
   *
   * @return maps; the query, key and value parts of a fused matrix and experts count separately
   */
  public int changedMaps() {
    return pairs.size();
  }
}
