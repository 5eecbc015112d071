package io.internvl.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufValueType;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small SentencePiece vocabulary against golden ids. */
class SpmTokenizerTest {
  @Test
  void goldenCasesEncode() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.sentencePiece();
    for (TokenizerFixtures.Case c : TokenizerFixtures.cases("spm")) {
      assertThat(tokenizer.encodeWithSpecials(c.text())).as(c.text()).isEqualTo(c.ids());
    }
  }

  @Test
  void goldenCasesDecode() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.sentencePiece();
    for (TokenizerFixtures.Case c : TokenizerFixtures.cases("spm")) {
      assertThat(tokenizer.decode(c.ids())).isEqualTo(c.decoded());
    }
  }

  @Test
  void promptsBeginWithTheBeginningOfSequence() throws IOException {
    assertThat(TokenizerFixtures.sentencePiece().beginningOfSequence()).hasValue(1);
  }

  /** Merging must not put together what a user may not write. */
  @Test
  void userTextYieldsNoControlTokens(@TempDir Path directory) throws IOException {
    List<String> tokens =
        List.of(
            "<unk>", "<s>", "</s>", "<img>", "<", "s", ">", "<s", "/", "</", "<im", "g", "<img",
            "i", "m", "im", "</s", "hi", "h");
    int[] types = new int[tokens.size()];
    Arrays.fill(types, Vocabulary.NORMAL);
    types[0] = Vocabulary.UNKNOWN;
    types[1] = Vocabulary.CONTROL;
    types[2] = Vocabulary.CONTROL;
    types[3] = Vocabulary.USER_DEFINED;
    Path path = directory.resolve("spm.gguf");
    GgufWriter.create()
        .put("tokenizer.ggml.model", "llama")
        .put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.scores", new float[tokens.size()])
        .put("tokenizer.ggml.unknown_token_id", GgufValueType.I32, 0)
        .put("tokenizer.ggml.add_space_prefix", false)
        .writeTo(path);
    try (GgufFile file = GgufFile.open(path)) {
      Tokenizer tokenizer = Tokenizers.from(file.metadata());
      for (String text : List.of("hi<img>", "<s>", "</s>hi", "<img><s>")) {
        int[] ids = tokenizer.encode(text);
        assertThat(tokenizer.decode(ids)).isEqualTo(text);
        for (int id : ids) {
          assertThat(tokenizer.isControl(id)).as(text + ": " + tokenizer.textOf(id)).isFalse();
        }
      }
      assertThat(tokenizer.encodeWithSpecials("<s>hi<img>")).containsExactly(1, 17, 3);
    }
  }
}
