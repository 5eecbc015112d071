package io.internvl.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplatesTest {
  private static final String CHATML = "{{'<|im_start|>' + message['role']}}";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "qwen2,     InternVL3 14B Instruct,       INTERNVL_2_5, tokenizer.chat_template is ChatML",
    "llama,     InternVL3-9B,                 INTERNVL_2_5, tokenizer.chat_template is ChatML",
    "internlm2, InternVL2_5-8B,               INTERNVL_2_5, general.name says InternVL2.5",
    "qwen2,     InternVL2_5 1B MPO,           INTERNVL_2_5, general.name says InternVL2.5",
    "internlm2, InternVL2-8B,                 INTERNVL_2,   general.name says InternVL2",
    "llama,     InternVL2 40B,                INTERNVL_2,   general.name says InternVL2",
    "llama,     InternVL2-Llama3-76B,         INTERNVL_2,   general.name says InternVL2",
    "internlm2, InternVL-Chat-V1-5,           INTERNVL_2,   general.name says InternVL 1.5",
    "phi3,      Mini-InternVL-Chat-4B-V1-5,   PHI3,         general.architecture is phi3",
    "phi3,      InternVL2-4B,                 PHI3,         general.architecture is phi3",
    "qwen3,     InternVL3_5-8B,               INTERNVL_3_5, general.name says InternVL3.5",
    "qwen3,     InternVL3 5 8B,               INTERNVL_3_5, general.name says InternVL3.5",
    "qwen3moe,  InternVL3_5-30B-A3B,          INTERNVL_3_5, general.name says InternVL3.5",
    "qwen3moe,  model,                        INTERNVL_3_5, general.architecture is qwen3moe",
    "gpt-oss,   InternVL3_5-GPT-OSS-20B-A4B,  GPT_OSS,      general.architecture is gpt-oss",
  })
  void recognisesTheFamily(String architecture, String name, ChatTemplate template, String reason)
      throws IOException {
    String jinja = template == ChatTemplate.PHI3 ? "<|user|>" : CHATML;
    ChatTemplates.Detection detection = detect(architecture, name, jinja);
    assertThat(detection.template()).isEqualTo(template);
    assertThat(detection.reason()).startsWith(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "<|start|>assistant<|channel|>final, GPT_OSS,      tokenizer.chat_template has channels",
    "no markers,                         INTERNVL_2_5, it is the format of InternVL3",
  })
  void theTemplateOfTheFileSpeaks(String jinja, ChatTemplate template, String reason)
      throws IOException {
    ChatTemplates.Detection detection = detect("qwen2", "model", jinja);
    assertThat(detection.template()).isEqualTo(template);
    assertThat(detection.reason()).startsWith(reason);
  }

  private ChatTemplates.Detection detect(String architecture, String name, String jinja)
      throws IOException {
    Path path = directory.resolve("model.gguf");
    GgufWriter.create()
        .put("general.architecture", architecture)
        .put("general.name", name)
        .put("tokenizer.chat_template", jinja)
        .writeTo(path);
    try (GgufFile file = GgufFile.open(path)) {
      return ChatTemplates.detect(file.metadata());
    }
  }
}
