package io.internvl.core.sampling;

import java.util.List;

/**
 * Keeps an answer from containing certain token sequences: where all but the last token of one have
 * been written, the last is made impossible. Belongs to one answer.
 */
public final class BannedSequences {
  private final int[][] sequences;
  private final int[] recent; // (longest sequence), a ring
  private int count;

  /**
   * Creates the filter.
   *
   * @param sequences token ids, none empty; may be none
   */
  public BannedSequences(List<int[]> sequences) {
    this.sequences = sequences.toArray(int[][]::new);
    int longest = 1;
    for (int[] sequence : this.sequences) {
      longest = Math.max(longest, sequence.length);
    }
    recent = new int[longest];
  }

  /**
   * Makes tokens that would complete a sequence impossible.
   *
   * @param logits one value a token; changed
   */
  public void apply(float[] logits) {
    for (int[] sequence : sequences) {
      if (endsInBeginning(sequence)) {
        logits[sequence[sequence.length - 1]] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private boolean endsInBeginning(int[] sequence) {
    int before = sequence.length - 1;
    for (int i = 1; i <= before; i++) {
      if (count < i || recent[(count - i) % recent.length] != sequence[before - i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Notes a token of the answer.
   *
   * @param token token id
   */
  public void append(int token) {
    recent[count++ % recent.length] = token;
  }
}
