package io.internvl.core.chat;

/** A piece of a rendered conversation. */
public sealed interface PromptPart {
  /**
   * A control token of the template's.
   *
   * @param token its text, such as {@code <|im_start|>}
   */
  record Special(String token) implements PromptPart {}

  /**
   * Text, in which nothing is a control token.
   *
   * @param text the characters
   */
  record Text(String text) implements PromptPart {}

  /**
   * Trusted text, in which written-out special tokens become tokens.
   *
   * @param text the characters
   */
  record Markup(String text) implements PromptPart {}

  /**
   * An image.
   *
   * @param index number of the image in its conversation turn, from 0
   */
  record ImageSlot(int index) implements PromptPart {}
}
