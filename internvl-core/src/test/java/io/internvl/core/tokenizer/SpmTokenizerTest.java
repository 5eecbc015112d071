package io.internvl.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

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
}
