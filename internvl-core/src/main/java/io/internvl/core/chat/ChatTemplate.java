package io.internvl.core.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A chat format of the family: what stands around system message, questions and answers.
 *
 * <p>Rendered as parts rather than as one string, so that text of users can never be taken for
 * control tokens or image places.
 */
public enum ChatTemplate {
  /** InternVL2.5 and InternVL3. */
  INTERNVL_2_5(
      Texts.SYSTEM_2_5,
      "<|im_start|>system\n",
      "<|im_end|>\n",
      "<|im_start|>user\n",
      "<|im_end|>\n<|im_start|>assistant\n",
      "<|im_end|>\n"),
  /** InternVL3.5 with Qwen3: as before, without a default system message. */
  INTERNVL_3_5(
      "",
      "<|im_start|>system\n",
      "<|im_end|>\n",
      "<|im_start|>user\n",
      "<|im_end|>\n<|im_start|>assistant\n",
      "<|im_end|>\n"),
  /** InternVL2 with Qwen2, Yi, Llama 3 or InternLM2: no line break after the end of a message. */
  INTERNVL_2(
      Texts.SYSTEM_2,
      "<|im_start|>system\n",
      "<|im_end|>",
      "<|im_start|>user\n",
      "<|im_end|><|im_start|>assistant\n",
      "<|im_end|>"),
  /** InternVL2-4B. */
  PHI3(
      Texts.SYSTEM_2, "<|system|>\n", "<|end|>", "<|user|>\n", "<|end|><|assistant|>\n", "<|end|>"),
  /**
   * InternVL3.5-GPT-OSS, as in its own {@code conversation.py} and training data: the only channel
   * is {@code final}. InternVL lets the model write the channel's tokens itself; here they belong
   * to the prompt, so that they are no part of the answer.
   */
  GPT_OSS(
      Texts.SYSTEM_GPT_OSS,
      "<|start|>system<|message|>",
      "<|end|>",
      "<|start|>user<|message|>",
      "<|end|><|start|>assistant<|channel|>final<|message|>",
      "<|end|>");

  /** InternVL's own system messages. */
  private static final class Texts {
    static final String SYSTEM_2 = "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。";
    static final String SYSTEM_GPT_OSS =
        """
        You are InternVL, a large language model trained by Shanghai AI Laboratory.
        Knowledge cutoff: 2024-06
        Current date: 2025-08-06

        Reasoning: low

        # Valid channels: final. Channel must be included for every message.\
        """;
    static final String SYSTEM_2_5 = "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。";
  }

  private static final Pattern CONTROL = Pattern.compile("<\\|[a-z_]+\\|>");

  private final String defaultSystemMessage;
  private final String systemStart;
  private final String systemEnd;
  private final String userStart;
  private final String userEnd;
  private final String assistantEnd;

  ChatTemplate(
      String defaultSystemMessage,
      String systemStart,
      String systemEnd,
      String userStart,
      String userEnd,
      String assistantEnd) {
    this.defaultSystemMessage = defaultSystemMessage;
    this.systemStart = systemStart;
    this.systemEnd = systemEnd;
    this.userStart = userStart;
    this.userEnd = userEnd;
    this.assistantEnd = assistantEnd;
  }

  private static List<PromptPart> parts(String template) {
    List<PromptPart> parts = new ArrayList<>();
    Matcher matcher = CONTROL.matcher(template);
    int from = 0;
    while (matcher.find()) {
      if (matcher.start() > from) {
        parts.add(new PromptPart.Text(template.substring(from, matcher.start())));
      }
      parts.add(new PromptPart.Special(matcher.group()));
      from = matcher.end();
    }
    if (from < template.length()) {
      parts.add(new PromptPart.Text(template.substring(from)));
    }
    return List.copyOf(parts);
  }

  /**
   * Returns InternVL's own system message for this format.
   *
   * @return the text, empty when there is none
   */
  public Optional<String> defaultSystemMessage() {
    return defaultSystemMessage.isEmpty() ? Optional.empty() : Optional.of(defaultSystemMessage);
  }

  /**
   * Renders a system message.
   *
   * @param text the message
   * @return parts that begin a conversation
   */
  public List<PromptPart> system(String text) {
    return joined(systemStart, List.of(new PromptPart.Text(text)), systemEnd);
  }

  /**
   * Renders a question, up to where the answer begins.
   *
   * @param content text and images in order
   * @return its parts
   */
  public List<PromptPart> user(List<PromptPart> content) {
    return joined(userStart, content, userEnd);
  }

  /**
   * Renders an answer of an earlier turn.
   *
   * @param content the answer
   * @return its parts, including the end of the turn
   */
  public List<PromptPart> assistant(List<PromptPart> content) {
    return joined("", content, assistantEnd);
  }

  /**
   * Renders what stands between an answer and the next question.
   *
   * @return the end of the turn
   */
  public List<PromptPart> endOfAnswer() {
    return parts(assistantEnd);
  }

  private static List<PromptPart> joined(String start, List<PromptPart> middle, String end) {
    List<PromptPart> parts = new ArrayList<>(parts(start));
    parts.addAll(middle);
    parts.addAll(parts(end));
    return parts;
  }
}
