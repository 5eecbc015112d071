package io.internvl.core.sampling;

/**
 * The tokens still in the race, likeliest first; of equal logits the lower id comes first.
 *
 * <p>Only a prefix is ever sorted: the largest logits are kept in a heap of bounded size, so that a
 * large vocabulary is passed over once.
 */
final class Candidates {
  private final int[] ids;
  private final float[] logits;
  private final float[] probabilities;
  private int size;

  Candidates(int capacity) {
    ids = new int[capacity];
    logits = new float[capacity];
    probabilities = new float[capacity];
  }

  /** Takes the largest logits of the vocabulary, sorted. */
  void fill(float[] vocabularyLogits) {
    size = 0;
    for (int id = 0; id < vocabularyLogits.length; id++) {
      float logit = vocabularyLogits[id];
      if (size < ids.length) {
        siftUp(size++, id, logit);
      } else if (logit > logits[0]) {
        siftDown(0, size, id, logit);
      }
    }
    for (int end = size - 1; end > 0; end--) {
      int lastId = ids[end];
      float lastLogit = logits[end];
      ids[end] = ids[0];
      logits[end] = logits[0];
      siftDown(0, end, lastId, lastLogit);
    }
  }

  private void siftUp(int start, int id, float logit) {
    int at = start;
    while (at > 0 && below(id, logit, ids[(at - 1) / 2], logits[(at - 1) / 2])) {
      int parent = (at - 1) / 2;
      ids[at] = ids[parent];
      logits[at] = logits[parent];
      at = parent;
    }
    ids[at] = id;
    logits[at] = logit;
  }

  private void siftDown(int start, int end, int id, float logit) {
    int at = start;
    while (2 * at + 1 < end) {
      int child = 2 * at + 1;
      if (child + 1 < end && below(ids[child + 1], logits[child + 1], ids[child], logits[child])) {
        child++;
      }
      if (!below(ids[child], logits[child], id, logit)) {
        break;
      }
      ids[at] = ids[child];
      logits[at] = logits[child];
      at = child;
    }
    ids[at] = id;
    logits[at] = logit;
  }

  /** Whether the first candidate is less wanted than the second. */
  private static boolean below(int id, float logit, int otherId, float otherLogit) {
    return logit < otherLogit || (logit == otherLogit && id > otherId);
  }

  /** Divides the logits. */
  void temper(float temperature) {
    for (int i = 0; i < size; i++) {
      logits[i] /= temperature;
    }
  }

  /** Turns logits into probabilities of the kept tokens. */
  void softmax() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      probabilities[i] = (float) Math.exp(logits[i] - logits[0]);
      sum += probabilities[i];
    }
    for (int i = 0; i < size; i++) {
      probabilities[i] /= (float) sum;
    }
  }

  void keep(int count) {
    size = Math.min(size, count);
  }

  int size() {
    return size;
  }

  int id(int index) {
    return ids[index];
  }

  float logit(int index) {
    return logits[index];
  }

  float probability(int index) {
    return probabilities[index];
  }
}
