package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Rank and result of merging two neighbouring tokens: an open-addressing hash table. */
final class MergeTable {
  static final int NONE = Integer.MAX_VALUE;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] results;
  private final int mask;

  MergeTable(Vocabulary vocabulary, List<String> merges) {
    int capacity = Integer.highestOneBit(Math.max(16, 4 * merges.size()));
    pairs = new long[capacity];
    ranks = new int[capacity];
    results = new int[capacity];
    mask = capacity - 1;
    Arrays.fill(pairs, -1);
    for (int rank = 0; rank < merges.size(); rank++) {
      add(vocabulary, merges.get(rank), rank);
    }
  }

  private void add(Vocabulary vocabulary, String merge, int rank) {
    int space = merge.indexOf(' ', 1);
    if (space < 0 || space == merge.length() - 1) {
      throw new GgufException(
          "key 'tokenizer.ggml.merges': element "
              + rank
              + " is '"
              + merge
              + "', expected two tokens and a space between");
    }
    String left = merge.substring(0, space);
    String right = merge.substring(space + 1);
    OptionalInt leftId = vocabulary.id(left);
    OptionalInt rightId = vocabulary.id(right);
    OptionalInt result = vocabulary.id(left + right);
    if (leftId.isEmpty() || rightId.isEmpty() || result.isEmpty()) {
      throw new GgufException(
          "key 'tokenizer.ggml.merges': element "
              + rank
              + " '"
              + merge
              + "' refers to tokens that are not in the vocabulary");
    }
    int slot = slot(pair(leftId.getAsInt(), rightId.getAsInt()));
    if (pairs[slot] < 0) {
      pairs[slot] = pair(leftId.getAsInt(), rightId.getAsInt());
      ranks[slot] = rank;
      results[slot] = result.getAsInt();
    }
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(long pair) {
    long hash = pair * 0x9E3779B97F4A7C15L;
    int slot = (int) (hash >>> 40) & mask;
    while (pairs[slot] != pair && pairs[slot] >= 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Rank of merging two tokens, NONE when they do not merge; lower ranks merge first. */
  int rank(int left, int right) {
    int slot = slot(pair(left, right));
    return pairs[slot] < 0 ? NONE : ranks[slot];
  }

  int result(int left, int right) {
    return results[slot(pair(left, right))];
  }
}
