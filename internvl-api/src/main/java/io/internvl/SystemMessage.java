package io.internvl;

import java.util.Objects;

/** The text that precedes a conversation. Immutable. */
public sealed interface SystemMessage {
  /** InternVL's own for the model at hand; what its Python {@code chat} uses. */
  record ModelDefault() implements SystemMessage {}

  /** The model card's instruction to think first, for InternVL3.5. */
  record Thinking() implements SystemMessage {}

  /** No system message at all. */
  record None() implements SystemMessage {}

  /**
   * A text of the application's.
   *
   * @param text taken literally: special tokens in it stay text
   */
  record Custom(String text) implements SystemMessage {
    /** Rejects null. */
    public Custom {
      Objects.requireNonNull(text, "text");
    }
  }

  /**
   * Returns the model's own.
   *
   * @return the default
   */
  static SystemMessage modelDefault() {
    return new ModelDefault();
  }

  /**
   * Switches thinking on: InternVL3.5 then writes its reasoning before the answer, see {@link
   * Reply#reasoning}. Its model card recommends a temperature of 0.6 and {@code topP} of 0.95, and
   * answers get long. Other models were not trained for it.
   *
   * {@snippet class="io.internvl.snippets.Snippets" region="thinking"}
   *
   * @return the instruction of InternVL3.5's model card
   */
  static SystemMessage thinking() {
    return new Thinking();
  }

  /**
   * Returns the absence of a system message.
   *
   * @return none
   */
  static SystemMessage none() {
    return new None();
  }

  /**
   * Returns a text of the application's.
   *
   * @param text the text
   * @return the message
   */
  static SystemMessage of(String text) {
    return new Custom(text);
  }
}
