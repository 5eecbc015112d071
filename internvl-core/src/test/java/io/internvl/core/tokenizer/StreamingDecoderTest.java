package io.internvl.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StreamingDecoderTest {
  @Test
  void piecesAreWholeCharactersAndAddUp() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.internVl3();
    for (TokenizerFixtures.Case c : TokenizerFixtures.cases("tokenizer")) {
      int[] ids = tokenizer.encode(c.text());
      StreamingDecoder decoder = new StreamingDecoder(tokenizer, Set.of());
      StringBuilder joined = new StringBuilder();
      for (int id : ids) {
        String piece = decoder.append(id);
        assertThat(piece).doesNotContain("\uFFFD");
        boolean splitPair =
            !piece.isEmpty() && Character.isHighSurrogate(piece.charAt(piece.length() - 1));
        assertThat(splitPair).isFalse();
        joined.append(piece);
      }
      assertThat(joined.append(decoder.flush())).hasToString(tokenizer.decode(ids));
    }
  }

  @Test
  void anUnfinishedCharacterIsReplacedAtTheEnd() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.internVl3();
    int[] ids = tokenizer.encode("\uD869\uDEA5");
    assertThat(ids.length).isGreaterThan(1);
    StreamingDecoder decoder = new StreamingDecoder(tokenizer, Set.of());
    assertThat(decoder.append(ids[0])).isEmpty();
    assertThat(decoder.flush()).isEqualTo("\uFFFD");
  }

  @Test
  void chosenSpecialTokensAreWrittenOut() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.internVl3();
    int box = tokenizer.idOf("<box>").orElseThrow();
    assertThat(new StreamingDecoder(tokenizer, Set.of("<box>")).append(box)).isEqualTo("<box>");
    assertThat(new StreamingDecoder(tokenizer, Set.of()).append(box)).isEmpty();
  }

  @Test
  void sentencePieceStreamsEqualWholeDecoding() throws IOException {
    Tokenizer tokenizer = TokenizerFixtures.sentencePiece();
    for (TokenizerFixtures.Case c : TokenizerFixtures.cases("spm")) {
      StreamingDecoder decoder = new StreamingDecoder(tokenizer, Set.of());
      StringBuilder joined = new StringBuilder();
      for (int id : c.ids()) {
        joined.append(decoder.append(id));
      }
      assertThat(joined.append(decoder.flush())).hasToString(c.decoded());
    }
  }
}
