package io.internvl.core.tokenizer;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * Byte-pair encoding of one word (Sennrich et al. 2016): merges the neighbouring pair of lowest
 * rank, the leftmost of several, until none merges. Short words are scanned, long ones use a queue,
 * so that the time does not grow with the square of the length.
 */
final class WordMerger {
  /** Words up to this length are merged by scanning. */
  static final int SCAN_LIMIT = 256;

  private final MergeTable merges;
  private final int scanLimit;
  private int[] symbols = new int[256];
  private int[] ranks = new int[256];
  private int size;

  WordMerger(MergeTable merges, int scanLimit) {
    this.merges = merges;
    this.scanLimit = scanLimit;
  }

  void clear() {
    size = 0;
  }

  void add(int symbol) {
    if (size == symbols.length) {
      symbols = Arrays.copyOf(symbols, 2 * size);
      ranks = new int[2 * size];
    }
    symbols[size++] = symbol;
  }

  void mergeInto(IntList out) {
    if (size > scanLimit) {
      mergeWithQueue();
    } else {
      mergeByScanning();
    }
    for (int i = 0; i < size; i++) {
      if (symbols[i] >= 0) {
        out.add(symbols[i]);
      }
    }
  }

  /** Looks ranks up once for each new pair, then only compares them. */
  private void mergeByScanning() {
    int pairs = size - 1;
    for (int i = 0; i < pairs; i++) {
      ranks[i] = merges.rank(symbols[i], symbols[i + 1]);
    }
    while (pairs > 0) {
      int best = lowestRank(pairs);
      if (ranks[best] == MergeTable.NONE) {
        break;
      }
      symbols[best] = merges.result(symbols[best], symbols[best + 1]);
      pairs--;
      System.arraycopy(symbols, best + 2, symbols, best + 1, pairs - best);
      System.arraycopy(ranks, best + 1, ranks, best, pairs - best);
      if (best > 0) {
        ranks[best - 1] = merges.rank(symbols[best - 1], symbols[best]);
      }
      if (best < pairs) {
        ranks[best] = merges.rank(symbols[best], symbols[best + 1]);
      }
    }
    size = Math.min(size, pairs + 1);
  }

  private int lowestRank(int pairs) {
    int best = 0;
    for (int i = 1; i < pairs; i++) {
      if (ranks[i] < ranks[best]) {
        best = i;
      }
    }
    return best;
  }

  private record Candidate(int rank, int left, int leftSymbol, int rightSymbol)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int byRank = Integer.compare(rank, other.rank);
      return byRank != 0 ? byRank : Integer.compare(left, other.left);
    }
  }

  /** Symbols stay in place; merged-away ones become -1 and are skipped by the links. */
  private void mergeWithQueue() {
    int[] next = new int[size];
    int[] previous = new int[size];
    PriorityQueue<Candidate> queue = new PriorityQueue<>();
    for (int i = 0; i < size; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    for (int i = 0; i + 1 < size; i++) {
      offer(queue, i, i + 1);
    }
    for (Candidate c = queue.poll(); c != null; c = queue.poll()) {
      int left = c.left;
      int right = next[left];
      boolean current =
          symbols[left] == c.leftSymbol && right < size && symbols[right] == c.rightSymbol;
      if (current) {
        symbols[left] = merges.result(c.leftSymbol, c.rightSymbol);
        symbols[right] = -1;
        next[left] = next[right];
        if (next[left] < size) {
          previous[next[left]] = left;
          offer(queue, left, next[left]);
        }
        if (previous[left] >= 0) {
          offer(queue, previous[left], left);
        }
      }
    }
  }

  private void offer(PriorityQueue<Candidate> queue, int left, int right) {
    int rank = merges.rank(symbols[left], symbols[right]);
    if (rank != MergeTable.NONE) {
      queue.add(new Candidate(rank, left, symbols[left], symbols[right]));
    }
  }
}
