package io.internvl.core.generation;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderState;

/** Evaluates prompts in chunks as large as the state allows. */
public final class Prefill {
  /** Hears how many positions are evaluated. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Tells of progress.
     *
     * @param done positions evaluated
     * @param total positions of the prompt
     */
    void update(int done, int total);
  }

  private final Decoder decoder;
  private final DecoderState state;
  private final int hiddenSize;

  /**
   * Creates the step.
   *
   * @param decoder the model
   * @param state the conversation
   */
  public Prefill(Decoder decoder, DecoderState state) {
    this.decoder = decoder;
    this.state = state;
    this.hiddenSize = decoder.config().hiddenSize();
  }

  /**
   * Appends a prompt to the conversation. Afterwards row 0 of the state's logits predicts the next
   * token. When it fails, the cache is as it was before.
   *
   * @param prompt at least one position, no more than the cache has room for
   * @param progress hears of each chunk
   */
  public void evaluate(Prompt prompt, Progress progress) {
    int before = state.cache().length();
    boolean finished = false;
    state.expectLength(before + prompt.length());
    try {
      run(prompt, progress);
      finished = true;
    } finally {
      state.expectLength(0);
      if (!finished) {
        state.cache().truncate(before);
      }
    }
  }

  private void run(Prompt prompt, Progress progress) {
    int done = 0;
    int filled = 0;
    for (Prompt.Item item : prompt.items()) {
      for (int i = 0; i < item.length(); i++) {
        fill(item, i, filled++);
        boolean last = done + filled == prompt.length();
        if (last || filled == state.maxTokens()) {
          decoder.forward(state, filled, last ? 1 : 0);
          done += filled;
          filled = 0;
          progress.update(done, prompt.length());
        }
      }
    }
  }

  private void fill(Prompt.Item item, int index, int row) {
    switch (item) {
      case Prompt.Tokens(int[] ids) -> decoder.embed(state, ids[index], row);
      case Prompt.Embeddings(float[] rows, int count) ->
          state.input().setRow(row, rows, index * hiddenSize);
    }
  }
}
