package io.internvl.core.generation;

import java.util.ArrayList;
import java.util.List;

/**
 * What the model reads before it answers: token ids and embedding rows in order. Not thread-safe
 * while it is being built.
 */
public final class Prompt {
  /** A stretch of the prompt. */
  sealed interface Item {
    int length();
  }

  record Tokens(int[] ids) implements Item {
    @Override
    public int length() {
      return ids.length;
    }
  }

  record Embeddings(float[] rows, int length) implements Item {}

  private final List<Item> items = new ArrayList<>();
  private int length;
  private int embeddingRows;

  /** Creates an empty prompt. */
  public Prompt() {}

  /**
   * Appends tokens.
   *
   * @param ids token ids; kept, not copied
   */
  public void addTokens(int[] ids) {
    if (ids.length > 0) {
      items.add(new Tokens(ids));
      length = Math.addExact(length, ids.length);
    }
  }

  /**
   * Appends image embeddings.
   *
   * @param rows embeddings (count, hidden), row after row; kept, not copied
   * @param count number of rows
   */
  public void addEmbeddings(float[] rows, int count) {
    items.add(new Embeddings(rows, count));
    length = Math.addExact(length, count);
    embeddingRows += count;
  }

  List<Item> items() {
    return items;
  }

  /**
   * Returns the number of positions.
   *
   * @return tokens and rows
   */
  public int length() {
    return length;
  }

  /**
   * Returns how many positions are embedding rows.
   *
   * @return rows
   */
  public int embeddingRows() {
    return embeddingRows;
  }
}
