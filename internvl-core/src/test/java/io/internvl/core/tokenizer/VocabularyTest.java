package io.internvl.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyTest {
  private static final List<String> TOKENS =
      List.of("<|im_start|>", "<|im_end|>", "</s>", "<tool_call>", "<|x|>", "a");

  @TempDir Path directory;

  /** As some conversions write it: special tokens typed as user-defined text. */
  @Test
  void tokensOfTheChatFormatAreControlTokensWhateverTheFileSays() throws IOException {
    Path path = directory.resolve("vocabulary.gguf");
    GgufWriter.create()
        .put("tokenizer.ggml.model", "gpt2")
        .put("tokenizer.ggml.tokens", TOKENS)
        .put("tokenizer.ggml.token_type", new int[] {4, 4, 4, 4, 1, 1})
        .writeTo(path);
    try (GgufFile file = GgufFile.open(path)) {
      Vocabulary vocabulary = new Vocabulary(file.metadata());
      int[] types = new int[TOKENS.size()];
      for (int id = 0; id < types.length; id++) {
        types[id] = vocabulary.type(id);
      }
      assertThat(types).containsExactly(3, 3, 3, 4, 3, 1);
    }
  }
}
