package io.internvl.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streaming gives what splitting the whole answer gives, however the text is cut. */
class ReasoningStreamTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Yes.",
        " Yes, <think> is a tag.",
        "<thinking is hard",
        "<thi",
        "",
        "  ",
        "<think>",
        "<think>\nhm",
        "<think>hm </thi",
        "<think>\na < b </ c\n</think>\n\nYes.\nNo.",
        "<think></think>Yes.",
        "\n<think>hm</think>Yes. </think>"
      })
  void equalsSplittingTheWhole(String text) {
    Reasoning whole = Reasoning.split(text);
    for (int size = 1; size <= Math.max(1, text.length()); size++) {
      StringBuilder thought = new StringBuilder();
      StringBuilder answer = new StringBuilder();
      ReasoningStream stream = new ReasoningStream(thought::append);
      for (int at = 0; at < text.length(); at += size) {
        answer.append(stream.append(text.substring(at, Math.min(at + size, text.length()))));
      }
      answer.append(stream.flush());
      assertThat(answer.toString().stripTrailing())
          .as("pieces of %d", size)
          .isEqualTo(whole.answer());
      assertThat(thought.toString().stripTrailing()).isEqualTo(whole.thought());
    }
  }
}
