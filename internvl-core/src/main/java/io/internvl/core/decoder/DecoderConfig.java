package io.internvl.core.decoder;

import io.internvl.core.nn.RopeScaling;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;
import java.util.Locale;

/**
 * Sizes and constants of a language model.
 *
 * @param architecture the variant
 * @param layers number of transformer layers
 * @param hiddenSize width of the residual stream
 * @param intermediateSize feed-forward size of a dense layer
 * @param heads query heads
 * @param kvHeads key/value heads
 * @param headDim size of one head
 * @param vocabularySize rows of the embedding and of the logits
 * @param contextLength positions the model was trained for
 * @param rmsNormEps added to the mean square in every norm
 * @param ropeBase theta of the rotary embedding
 * @param ropeDims rotated elements of a head
 * @param ropeScaling context extension
 * @param slidingWindow positions seen by windowed layers, 0 for none
 * @param experts mixture of experts
 */
public record DecoderConfig(
    Architecture architecture,
    int layers,
    int hiddenSize,
    int intermediateSize,
    int heads,
    int kvHeads,
    int headDim,
    int vocabularySize,
    int contextLength,
    float rmsNormEps,
    float ropeBase,
    int ropeDims,
    RopeScaling ropeScaling,
    int slidingWindow,
    ExpertConfig experts) {

  private static final int MAX_LAYERS = 1024;
  private static final int MAX_WIDTH = 1 << 20;

  /**
   * Reads the configuration of a model file.
   *
   * @param metadata the file's metadata
   * @param vocabularyRows rows of {@code token_embd.weight}
   * @return the configuration
   * @throws GgufException when a key is missing, of another type or out of range
   */
  public static DecoderConfig from(GgufMetadata metadata, int vocabularyRows) {
    Architecture architecture = Architecture.of(metadata);
    String prefix = architecture.ggufName() + ".";
    int hidden = bounded(metadata, prefix + "embedding_length", MAX_WIDTH);
    int heads = bounded(metadata, prefix + "attention.head_count", MAX_WIDTH);
    int kvHeads = metadata.int32(prefix + "attention.head_count_kv", heads);
    int headDim = metadata.int32(prefix + "attention.key_length", hidden / heads);
    int valueDim = metadata.int32(prefix + "attention.value_length", headDim);
    if (kvHeads < 1 || heads % kvHeads != 0) {
      throw new GgufException(
          prefix + "attention.head_count_kv is " + kvHeads + ", must divide " + heads);
    }
    if (headDim < 2 || headDim > 1024 || headDim % 2 != 0 || valueDim != headDim) {
      throw new GgufException(
          prefix
              + "attention.key_length is "
              + headDim
              + " and value_length "
              + valueDim
              + ", expected equal even numbers up to 1024");
    }
    int ropeDims = metadata.int32(prefix + "rope.dimension_count", headDim);
    if (ropeDims < 2 || ropeDims > headDim || ropeDims % 2 != 0) {
      throw new GgufException(
          prefix + "rope.dimension_count is " + ropeDims + ", expected even, up to " + headDim);
    }
    int intermediate = bounded(metadata, prefix + "feed_forward_length", MAX_WIDTH);
    return new DecoderConfig(
        architecture,
        bounded(metadata, prefix + "block_count", MAX_LAYERS),
        hidden,
        intermediate,
        heads,
        kvHeads,
        headDim,
        vocabularyRows,
        bounded(metadata, prefix + "context_length", Integer.MAX_VALUE),
        metadata.float32(prefix + "attention.layer_norm_rms_epsilon"),
        metadata.float32(prefix + "rope.freq_base", 10_000f),
        ropeDims,
        ropeScaling(metadata, prefix),
        metadata.int32(prefix + "attention.sliding_window", 0),
        experts(metadata, prefix, intermediate));
  }

  private static RopeScaling ropeScaling(GgufMetadata metadata, String prefix) {
    String key = prefix + "rope.scaling.type";
    // Phi-3 files carry LongRoPE's factors and magnitude without naming the method.
    boolean unnamed = metadata.has(prefix + "rope.scaling.attn_factor");
    String type = metadata.string(key, unnamed ? "longrope" : "none").toLowerCase(Locale.ROOT);
    RopeScaling.Kind kind =
        switch (type) {
          case "none" -> RopeScaling.Kind.NONE;
          case "linear" -> RopeScaling.Kind.LINEAR;
          case "yarn" -> RopeScaling.Kind.YARN;
          case "longrope" -> RopeScaling.Kind.LONG_ROPE;
          default ->
              throw new GgufException(
                  key + " is '" + type + "', supported are none, linear, yarn, longrope");
        };
    if (kind == RopeScaling.Kind.NONE) {
      return RopeScaling.NONE;
    }
    int trained = metadata.int32(prefix + "context_length");
    int original = metadata.int32(prefix + "rope.scaling.original_context_length", trained);
    float fallback = kind == RopeScaling.Kind.LONG_ROPE ? (float) trained / original : 1f;
    return new RopeScaling(
        kind,
        metadata.float32(prefix + "rope.scaling.factor", fallback),
        original,
        metadata.float32(prefix + "rope.scaling.attn_factor", 0f));
  }

  private static ExpertConfig experts(GgufMetadata metadata, String prefix, int intermediate) {
    int count = metadata.int32(prefix + "expert_count", 0);
    int used = metadata.int32(prefix + "expert_used_count", 0);
    if (count < 0 || count > MAX_LAYERS || used < 0 || used > count || (count > 0 && used == 0)) {
      throw new GgufException(
          prefix + "expert_used_count is " + used + " of expert_count " + count);
    }
    String sizeKey = prefix + "expert_feed_forward_length";
    int size = metadata.has(sizeKey) ? bounded(metadata, sizeKey, MAX_WIDTH) : intermediate;
    return new ExpertConfig(count, used, size);
  }

  private static int bounded(GgufMetadata metadata, String key, int max) {
    int value = metadata.int32(key);
    if (value < 1 || value > max) {
      throw new GgufException(key + " is " + value + ", expected 1 to " + max);
    }
    return value;
  }

  /**
   * Says whether a layer sees only a window of past positions: every second one of gpt-oss, all of
   * Phi-3 with a window.
   *
   * @param layer index of the layer
   * @return the window in positions, 0 for all
   */
  int window(int layer) {
    return architecture == Architecture.GPT_OSS && layer % 2 == 1 ? 0 : slidingWindow;
  }
}
