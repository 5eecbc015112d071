package io.internvl.core.chat;

import io.internvl.gguf.GgufMetadata;
import java.util.Locale;

/**
 * Recognises the chat format of a model file. The Jinja template in the file is looked at, never
 * executed.
 */
public final class ChatTemplates {
  private ChatTemplates() {}

  /**
   * The format of a file.
   *
   * @param template the format
   * @param reason what in the file says so
   */
  public record Detection(ChatTemplate template, String reason) {}

  /**
   * A format that the application asked for.
   *
   * @param template the format
   * @return the format and the reason
   */
  public static Detection chosen(ChatTemplate template) {
    return new Detection(template, "the options say so");
  }

  /**
   * Recognises the format of a file.
   *
   * @param metadata the file's metadata
   * @return the format and the reason
   */
  public static Detection detect(GgufMetadata metadata) {
    String architecture = metadata.string("general.architecture", "");
    String jinja = metadata.string("tokenizer.chat_template", "");
    String name =
        (metadata.string("general.name", "") + " " + metadata.string("general.basename", ""))
            .toLowerCase(Locale.ROOT)
            .replace('_', '.')
            .replace(' ', '-');
    if (architecture.equals("gpt-oss")) {
      return new Detection(ChatTemplate.GPT_OSS, "general.architecture is gpt-oss");
    }
    if (jinja.contains("<|channel|>")) {
      return new Detection(ChatTemplate.GPT_OSS, "tokenizer.chat_template has channels");
    }
    if (architecture.equals("phi3") && !jinja.contains("<|im_start|>")) {
      return new Detection(ChatTemplate.PHI3, "general.architecture is phi3");
    }
    if (name.contains("internvl2.5") || name.contains("internvl2-5")) {
      return new Detection(ChatTemplate.INTERNVL_2_5, "general.name says InternVL2.5");
    }
    if (name.contains("internvl2-") || name.endsWith("internvl2")) {
      return new Detection(ChatTemplate.INTERNVL_2, "general.name says InternVL2");
    }
    if (name.contains("internvl-chat") && (name.contains("v1-5") || name.contains("v1.5"))) {
      return new Detection(ChatTemplate.INTERNVL_2, "general.name says InternVL 1.5");
    }
    if (name.contains("internvl3.5") || name.contains("internvl3-5")) {
      return new Detection(ChatTemplate.INTERNVL_3_5, "general.name says InternVL3.5");
    }
    if (architecture.startsWith("qwen3")) {
      return new Detection(ChatTemplate.INTERNVL_3_5, "general.architecture is " + architecture);
    }
    String reason =
        jinja.contains("<|im_start|>")
            ? "tokenizer.chat_template is ChatML and general.architecture is " + architecture
            : "it is the format of InternVL3 and nothing in the file says otherwise";
    return new Detection(ChatTemplate.INTERNVL_2_5, reason);
  }
}
