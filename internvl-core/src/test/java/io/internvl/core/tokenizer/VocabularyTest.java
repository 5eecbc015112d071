package io.internvl.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.GgufException;
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

  @Test
  void tokensOfTheImageFormatAreControlTokensToo() throws IOException {
    Path path = directory.resolve("vocabulary.gguf");
    GgufWriter.create()
        .put("tokenizer.ggml.model", "gpt2")
        .put("tokenizer.ggml.tokens", List.of("<img>", "</img>", "<IMG_CONTEXT>", "<s>", "<box>"))
        .put("tokenizer.ggml.token_type", new int[] {4, 4, 4, 1, 4})
        .writeTo(path);
    try (GgufFile file = GgufFile.open(path)) {
      Vocabulary vocabulary = new Vocabulary(file.metadata());
      for (int id = 0; id < 4; id++) {
        assertThat(vocabulary.type(id)).as(vocabulary.text(id)).isEqualTo(Vocabulary.CONTROL);
        assertThat(vocabulary.textId(vocabulary.text(id))).isEmpty();
      }
      assertThat(vocabulary.textId("<box>")).hasValue(4);
    }
  }

  @Test
  void aByteTokenThatNamesNoByteIsRefused() throws IOException {
    Path path = directory.resolve("vocabulary.gguf");
    GgufWriter.create()
        .put("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.tokens", List.of("<0x41>", "a"))
        .put("tokenizer.ggml.token_type", new int[] {6, 6})
        .writeTo(path);
    try (GgufFile file = GgufFile.open(path)) {
      assertThatThrownBy(() -> new Vocabulary(file.metadata()))
          .isInstanceOf(GgufException.class)
          .hasMessage(
              "key 'tokenizer.ggml.tokens': element 1 is 'a' and of type byte, expected <0x00> to"
                  + " <0xFF>");
    }
  }
}
