package io.internvl.bench;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import io.internvl.gguf.GgufTensor;

/**
 * How much arithmetic and memory traffic a language model needs.
 *
 * @param layerWeights weights of the layers that take part in one token
 * @param layerBytes bytes of those weights
 * @param outputWeights weights of the output matrix
 * @param outputBytes bytes of the output matrix
 * @param layers number of layers
 * @param queryWidth query heads times head size
 * @param keyWidth key/value heads times head size
 */
record LanguageWork(
    long layerWeights,
    long layerBytes,
    long outputWeights,
    long outputBytes,
    int layers,
    int queryWidth,
    int keyWidth) {
  private static final int CACHE_ELEMENT_BYTES = 2;

  /** Reads the sizes from a model file. */
  static LanguageWork of(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    String prefix = metadata.string("general.architecture") + ".";
    int heads = metadata.int32(prefix + "attention.head_count");
    int kvHeads = metadata.int32(prefix + "attention.head_count_kv", heads);
    int hidden = metadata.int32(prefix + "embedding_length");
    int headDim = metadata.int32(prefix + "attention.key_length", hidden / heads);
    int experts = metadata.int32(prefix + "expert_count", 1);
    int used = metadata.int32(prefix + "expert_used_count", 1);
    long weights = 0;
    long bytes = 0;
    for (GgufTensor tensor : file.tensors()) {
      if (tensor.name().startsWith("blk.")) {
        boolean chosen = tensor.name().contains("_exps.");
        weights += chosen ? tensor.elements() / experts * used : tensor.elements();
        long size = tensor.data().byteSize();
        bytes += chosen ? size / experts * used : size;
      }
    }
    GgufTensor output =
        file.find("output.weight").orElseGet(() -> file.require("token_embd.weight"));
    return new LanguageWork(
        weights,
        bytes,
        output.elements(),
        output.data().byteSize(),
        metadata.int32(prefix + "block_count"),
        heads * headDim,
        kvHeads * headDim);
  }

  /** Float operations of a prompt of which only the last token's logits are computed. */
  double prefillFlops(int tokens) {
    double attention = 4.0 * layers * queryWidth * tokens * (tokens + 1.0) / 2;
    return 2.0 * layerWeights * tokens + 2.0 * outputWeights + attention;
  }

  /** Bytes that are read for one token when {@code positions} are in the cache. */
  double decodeBytes(double positions) {
    return layerBytes + outputBytes + cacheBytes(1) * positions;
  }

  /** Bytes of a 16-bit cache. */
  double cacheBytes(int positions) {
    return 2.0 * layers * keyWidth * CACHE_ELEMENT_BYTES * positions;
  }
}
