package io.internvl.bench.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  @Test
  void hasAsManyDistinctTokensAsTheModelHasIds() {
    for (Vocabulary vocabulary :
        new Vocabulary[] {Vocabulary.byteLevel(151_674), Vocabulary.sentencePiece(128_512)}) {
      assertThat(vocabulary.tokens()).hasSize(vocabulary.kinds().length);
      assertThat(new HashSet<>(vocabulary.tokens())).hasSize(vocabulary.tokens().size());
    }
  }

  @Test
  void givesSpecialTokensTheirRealIds() {
    Vocabulary vocabulary = Vocabulary.byteLevel(151_674);
    assertThat(vocabulary.idOf("<|endoftext|>")).isEqualTo(151_643);
    assertThat(vocabulary.idOf("<|im_end|>")).isEqualTo(151_645);
    assertThat(vocabulary.idOf("<img>")).isEqualTo(151_665);
    assertThat(vocabulary.idOf("<IMG_CONTEXT>")).isEqualTo(151_667);
    assertThat(vocabulary.idOf("</box>")).isEqualTo(151_673);
  }

  @Test
  void mergesOnlyTokensThatExist() {
    Vocabulary vocabulary = Vocabulary.byteLevel(151_674);
    HashSet<String> tokens = new HashSet<>(vocabulary.tokens());
    assertThat(vocabulary.merges())
        .isNotEmpty()
        .allSatisfy(merge -> {
          String[] parts = merge.split(" ");
          assertThat(parts).hasSize(2);
          assertThat(tokens).contains(parts[0], parts[1], parts[0] + parts[1]);
        });
  }
}
