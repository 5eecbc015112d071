package io.internvl;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings of images that occur several times in a batch, so that each is computed once. Empty
 * for a single conversation. Not thread-safe.
 */
final class SharedImages {
  private static final float[] NOT_YET = {};

  private final Map<Image, float[]> embeddings = new HashMap<>();

  /** Of which nothing is kept. */
  static SharedImages none() {
    return new SharedImages();
  }

  /** Those of a history that every question follows, and those of more than one question. */
  static SharedImages of(List<Message> questions, List<Message> history) {
    SharedImages shared = new SharedImages();
    Map<Image, Integer> counts = new HashMap<>();
    for (Message message : history) {
      message.images().forEach(image -> counts.merge(image, questions.size(), Integer::sum));
    }
    for (Message question : questions) {
      question.images().forEach(image -> counts.merge(image, 1, Integer::sum));
    }
    counts.forEach((image, count) -> {
      if (count > 1) {
        shared.embeddings.put(image, NOT_YET);
      }
    });
    return shared;
  }

  /** Returns the embeddings of an image (rows, hidden size) if they are there. */
  float @Nullable [] find(Image image) {
    float[] found = embeddings.get(image);
    return found == null || found.length == 0 ? null : found;
  }

  /** Keeps the embeddings of an image that occurs again. */
  void offer(Image image, float[] rows) {
    embeddings.computeIfPresent(image, (key, nothing) -> rows);
  }
}
