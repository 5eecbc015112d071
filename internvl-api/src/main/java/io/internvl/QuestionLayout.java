package io.internvl;

import java.util.ArrayList;
import java.util.List;

/** Where images stand in a question, as InternVL's own chat places them. */
final class QuestionLayout {
  private static final String PLACEHOLDER = "<image>";

  private QuestionLayout() {}

  static Message images(String text, List<Image> images) {
    int placeholders = count(text);
    if (images.isEmpty()) {
      return new Message(Message.Role.USER, List.of(new Message.Text(text)));
    }
    if (placeholders > 0) {
      return atPlaceholders(text, images, placeholders);
    }
    Message.Builder message = Message.builder();
    for (int i = 0; i < images.size(); i++) {
      if (images.size() > 1) {
        message.text("Image-" + (i + 1) + ": ");
      }
      message.image(images.get(i)).text("\n");
    }
    return message.text(text).build();
  }

  static Message video(String text, Video video) {
    Message.Builder message = Message.builder();
    List<Image> frames = video.frames();
    for (int i = 0; i < frames.size(); i++) {
      Image frame = frames.get(i);
      Image single = frame.isEncoded() ? frame : frame.withMaxTiles(1);
      message.text("Frame" + (i + 1) + ": ").image(single).text("\n");
    }
    return message.text(text).build();
  }

  private static int count(String text) {
    int count = 0;
    for (int at = text.indexOf(PLACEHOLDER); at >= 0; ) {
      count++;
      at = text.indexOf(PLACEHOLDER, at + PLACEHOLDER.length());
    }
    return count;
  }

  private static Message atPlaceholders(String text, List<Image> images, int placeholders) {
    if (placeholders != images.size()) {
      throw new IllegalArgumentException(
          "the text contains "
              + PLACEHOLDER
              + " "
              + placeholders
              + " times, but there are "
              + images.size()
              + " images; use it once for each image or not at all");
    }
    List<Message.Part> parts = new ArrayList<>();
    int from = 0;
    for (Image image : images) {
      int at = text.indexOf(PLACEHOLDER, from);
      if (at > from) {
        parts.add(new Message.Text(text.substring(from, at)));
      }
      parts.add(new Message.Picture(image));
      from = at + PLACEHOLDER.length();
    }
    if (from < text.length()) {
      parts.add(new Message.Text(text.substring(from)));
    }
    return new Message(Message.Role.USER, parts);
  }
}
