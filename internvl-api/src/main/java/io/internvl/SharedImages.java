package io.internvl;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings of images that occur several times in a batch, so that each is computed once. Kept
 * from the first use to the last, and no more than {@link #MOST} at a time. Empty for a single
 * conversation. Not thread-safe.
 */
final class SharedImages {
  /** Most images of which embeddings are kept: each may take 48 MB of the heap (8B, 13 tiles). */
  static final int MOST = 4;

  private final Map<Image, Integer> uses = new HashMap<>(); // that are still to come
  private final Map<Image, float[]> embeddings = new HashMap<>();

  /** Of which nothing is kept. */
  static SharedImages none() {
    return new SharedImages();
  }

  /** Those of a history that every question follows, and those of more than one question. */
  static SharedImages of(List<Message> questions, List<Message> history) {
    SharedImages shared = new SharedImages();
    for (Message message : history) {
      for (Image image : message.images()) {
        shared.uses.merge(image, questions.size(), Integer::sum);
      }
    }
    for (Message question : questions) {
      for (Image image : question.images()) {
        shared.uses.merge(image, 1, Integer::sum);
      }
    }
    return shared;
  }

  /** Returns the embeddings of an image (rows, hidden size) if they are there. */
  float @Nullable [] find(Image image) {
    return embeddings.get(image);
  }

  /** Notes a use of an image; keeps its embeddings if more are to come. */
  void use(Image image, float[] rows) {
    int left = uses.getOrDefault(image, 0) - 1;
    if (left > 0) {
      uses.put(image, left);
      if (embeddings.size() < MOST) {
        embeddings.putIfAbsent(image, rows);
      }
    } else {
      uses.remove(image);
      embeddings.remove(image);
    }
  }
}
