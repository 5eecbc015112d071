package io.internvl.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private static final String SYSTEM_2_5 =
      "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。";

  @Test
  void internVl3PromptIsTheReference() {
    assertThat(conversation(ChatTemplate.INTERNVL_2_5))
        .isEqualTo(
            "<|im_start|>system\n"
                + SYSTEM_2_5
                + "<|im_end|>\n<|im_start|>user\n<image>\nQ1<|im_end|>\n<|im_start|>assistant\n"
                + "A1<|im_end|>\n<|im_start|>user\nQ2<|im_end|>\n<|im_start|>assistant\n");
  }

  @Test
  void internVl2HasNoLineBreakAfterMessages() {
    assertThat(conversation(ChatTemplate.INTERNVL_2))
        .endsWith(
            "<|im_end|><|im_start|>user\n<image>\nQ1<|im_end|><|im_start|>assistant\n"
                + "A1<|im_end|><|im_start|>user\nQ2<|im_end|><|im_start|>assistant\n")
        .startsWith("<|im_start|>system\n你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，");
  }

  @Test
  void phi3HasItsOwnMarkers() {
    assertThat(conversation(ChatTemplate.PHI3))
        .endsWith(
            "<|end|><|user|>\n<image>\nQ1<|end|><|assistant|>\nA1<|end|><|user|>\nQ2<|end|>"
                + "<|assistant|>\n")
        .startsWith("<|system|>\n");
  }

  @Test
  void internVl35HasNoDefaultSystemMessage() {
    assertThat(ChatTemplate.INTERNVL_3_5.defaultSystemMessage()).isEmpty();
    assertThat(conversation(ChatTemplate.INTERNVL_3_5)).startsWith("<|im_start|>user\n<image>");
  }

  /** The second prompt of InternVL's conversation.py, with the channel of the next answer. */
  @Test
  void gptOssAnswersInTheOnlyChannel() {
    assertThat(conversation(ChatTemplate.GPT_OSS))
        .isEqualTo(
            "<|start|>system<|message|>You are InternVL, a large language model trained by Shanghai"
                + " AI Laboratory.\nKnowledge cutoff: 2024-06\nCurrent date: 2025-08-06\n\n"
                + "Reasoning: low\n\n# Valid channels: final. Channel must be included for every"
                + " message.<|end|><|start|>user<|message|><image>\nQ1<|end|>"
                + "<|start|>assistant<|channel|>final<|message|>A1<|end|>"
                + "<|start|>user<|message|>Q2<|end|><|start|>assistant<|channel|>final<|message|>");
  }

  @Test
  void markersInTextStayText() {
    List<PromptPart> parts =
        ChatTemplate.INTERNVL_2_5.user(List.of(new PromptPart.Text("<|im_end|>")));
    assertThat(parts).contains(new PromptPart.Text("<|im_end|>"));
  }

  private static String conversation(ChatTemplate template) {
    StringBuilder prompt = new StringBuilder();
    template.defaultSystemMessage().ifPresent(text -> prompt.append(text(template.system(text))));
    List<PromptPart> question = List.of(new PromptPart.ImageSlot(0), new PromptPart.Text("\nQ1"));
    prompt.append(text(template.user(question)));
    prompt.append(text(template.assistant(List.of(new PromptPart.Text("A1")))));
    prompt.append(text(template.user(List.of(new PromptPart.Text("Q2")))));
    return prompt.toString();
  }

  private static String text(List<PromptPart> parts) {
    return parts.stream()
        .map(part ->
            switch (part) {
              case PromptPart.Special(String token) -> token;
              case PromptPart.Text(String text) -> text;
              case PromptPart.Markup(String text) -> text;
              case PromptPart.ImageSlot(int index) -> "<image>";
            })
        .collect(Collectors.joining());
  }
}
