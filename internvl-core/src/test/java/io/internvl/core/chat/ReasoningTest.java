package io.internvl.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReasoningTest {
  @Test
  void thoughtAndAnswerAreSeparated() {
    assertThat(Reasoning.split("<think>\nhm\n</think>\n\nYes."))
        .isEqualTo(new Reasoning("hm", "Yes."));
  }

  @Test
  void plainAnswersHaveNoThought() {
    assertThat(Reasoning.split(" Yes. ")).isEqualTo(new Reasoning("", "Yes."));
  }

  @Test
  void anUnfinishedThoughtHasNoAnswer() {
    assertThat(Reasoning.split("<think>hm")).isEqualTo(new Reasoning("hm", ""));
  }

  @Test
  void anAnswerThatMentionsTheTagIsWhole() {
    String text = "A thought ends with </think>, always.";
    assertThat(Reasoning.split(text)).isEqualTo(new Reasoning("", text));
    List<String> thoughts = new ArrayList<>();
    ReasoningStream stream = new ReasoningStream(thoughts::add);
    assertThat(stream.append(text) + stream.flush()).isEqualTo(text);
    assertThat(thoughts).isEmpty();
  }
}
