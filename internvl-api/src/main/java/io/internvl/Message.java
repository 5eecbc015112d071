package io.internvl;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One message of a conversation: who speaks, and text, images and videos in the order in which the
 * model reads them. Immutable.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="message"}
 *
 * @param role who speaks
 * @param parts the content
 */
public record Message(Role role, List<Part> parts) {
  /** Who speaks. */
  public enum Role {
    /** The person or program that asks. */
    USER,
    /** The model. */
    ASSISTANT
  }

  /** A piece of content. */
  public sealed interface Part {}

  /**
   * Text, taken literally: special tokens in it stay text.
   *
   * @param text the characters
   */
  public record Text(String text) implements Part {
    /** Rejects null. */
    public Text {
      Objects.requireNonNull(text, "text");
    }
  }

  /**
   * Text of the application's own, in which written-out special tokens such as {@code <ref>} become
   * those tokens. Never to be made of what users typed: {@code <|im_end|>} in it ends the message.
   *
   * @param text the characters
   */
  public record Markup(String text) implements Part {
    /** Rejects null. */
    public Markup {
      Objects.requireNonNull(text, "text");
    }
  }

  /**
   * An image at this place.
   *
   * @param image the image
   */
  public record Picture(Image image) implements Part {
    /** Rejects null. */
    public Picture {
      Objects.requireNonNull(image, "image");
    }
  }

  /** Copies the parts. */
  public Message {
    Objects.requireNonNull(role, "role");
    parts = List.copyOf(parts);
  }

  /**
   * A question with images laid out as InternVL was trained: one image stands before the text on a
   * line of its own; several are listed as {@code Image-1:}, {@code Image-2:} and so on. Where the
   * text contains {@code <image>} once for each image, the images go there instead.
   *
   * @param text the question
   * @param images none, one or several
   * @return the message
   * @throws IllegalArgumentException when there are images and the text contains {@code <image>},
   *     but not once for each; {@link #builder} takes text of users as it is
   */
  public static Message user(String text, Image... images) {
    return QuestionLayout.images(text, List.of(images));
  }

  /**
   * A question about a video, laid out as InternVL's model card does: {@code Frame1:}, {@code
   * Frame2:} and so on, then the text.
   *
   * @param text the question
   * @param video the frames
   * @return the message
   */
  public static Message user(String text, Video video) {
    return QuestionLayout.video(text, video);
  }

  /**
   * An answer of the model, for a history.
   *
   * @param text the answer
   * @return the message
   */
  public static Message assistant(String text) {
    return new Message(Role.ASSISTANT, List.of(new Text(text)));
  }

  /**
   * Starts a user message whose parts are placed by hand.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns text and markup joined.
   *
   * @return text without images
   */
  public String text() {
    StringBuilder joined = new StringBuilder();
    for (Part part : parts) {
      switch (part) {
        case Text(String text) -> joined.append(text);
        case Markup(String text) -> joined.append(text);
        case Picture picture -> {}
      }
    }
    return joined.toString();
  }

  /**
   * Returns the images in order.
   *
   * @return immutable list
   */
  public List<Image> images() {
    return parts.stream()
        .filter(Picture.class::isInstance)
        .map(part -> ((Picture) part).image())
        .toList();
  }

  /** Refuses a message of the model where a question is expected. */
  void requireUser() {
    if (role != Role.USER) {
      throw new IllegalArgumentException("the message is the model's, expected a user message");
    }
  }

  /** Collects the parts of a user message. Not thread-safe. */
  public static final class Builder {
    private final List<Part> parts = new ArrayList<>();

    private Builder() {}

    /**
     * Appends text, exactly as given.
     *
     * @param text the characters
     * @return this
     */
    public Builder text(String text) {
      parts.add(new Text(text));
      return this;
    }

    /**
     * Appends text in which written-out special tokens become those tokens, which {@link #text}
     * never does. For text of the application's own, not of users.
     *
     * @param text the characters
     * @return this
     */
    public Builder markup(String text) {
      parts.add(new Markup(text));
      return this;
    }

    /**
     * Appends a phrase between the tokens {@code <ref>} and {@code </ref>}, with which InternVL is
     * asked for the place of something: the answer has its {@code <box>}.
     *
     * {@snippet class="io.internvl.snippets.Snippets" region="grounding"}
     *
     * @param phrase what to find, taken literally
     * @return this
     */
    public Builder reference(String phrase) {
      return markup("<ref>").text(phrase).markup("</ref>");
    }

    /**
     * Appends an image. Nothing is put around it; InternVL expects a line break after it.
     *
     * @param image the image
     * @return this
     */
    public Builder image(Image image) {
      parts.add(new Picture(image));
      return this;
    }

    /**
     * Freezes the message.
     *
     * @return a user message
     */
    public Message build() {
      return new Message(Role.USER, parts);
    }
  }
}
