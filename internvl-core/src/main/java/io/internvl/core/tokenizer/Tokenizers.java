package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;

/** Makes the tokenizer that a model file describes. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * Reads the vocabulary of a file.
   *
   * @param metadata the file's metadata
   * @return the tokenizer
   * @throws GgufException when the vocabulary is missing, damaged or of an unknown kind
   */
  public static Tokenizer from(GgufMetadata metadata) {
    String model = metadata.string("tokenizer.ggml.model");
    return switch (model) {
      case "gpt2" -> new BpeTokenizer(metadata);
      case "llama" -> new SpmTokenizer(metadata);
      default ->
          throw new GgufException(
              "key 'tokenizer.ggml.model' is '" + model + "', supported are gpt2 and llama");
    };
  }
}
