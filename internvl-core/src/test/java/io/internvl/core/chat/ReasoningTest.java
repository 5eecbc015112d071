package io.internvl.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

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
  void aThoughtBegunByThePromptIsRecognised() {
    assertThat(Reasoning.split("hm</think>Yes.")).isEqualTo(new Reasoning("hm", "Yes."));
  }
}
