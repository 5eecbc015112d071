package io.internvl.bench;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderState;
import io.internvl.core.kernel.KvLayer;
import java.util.SplittableRandom;

/** Times prefill and decode of a language model on random tokens, without sampling. */
final class LanguageBench implements AutoCloseable {
  private static final int CHUNK = 512;

  private final Decoder decoder;
  private final DecoderState state;
  private final SplittableRandom random = new SplittableRandom(1);

  /**
   * Creates a conversation to measure in.
   *
   * @param decoder the model
   * @param positions positions of the KV cache
   */
  LanguageBench(Decoder decoder, int positions) {
    this.decoder = decoder;
    this.state = decoder.newState(positions, Math.min(CHUNK, positions), 1, KvLayer.Format.F16);
  }

  /**
   * Evaluates a prompt from an empty cache.
   *
   * @param tokens length of the prompt
   * @return seconds
   */
  double prefill(int tokens) {
    state.cache().truncate(0);
    return timeFill(tokens);
  }

  /**
   * Makes the cache hold a number of positions.
   *
   * @param positions wanted length of the cache
   */
  void fillTo(int positions) {
    if (state.cache().length() > positions) {
      state.cache().truncate(positions);
    } else if (state.cache().length() < positions) {
      timeFill(positions - state.cache().length());
    }
  }

  /**
   * Evaluates tokens one after the other behind what is in the cache.
   *
   * @param tokens number of tokens
   * @return seconds
   */
  double decode(int tokens) {
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i++) {
      embed(0);
      decoder.forward(state, 1, 1);
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  private double timeFill(int tokens) {
    long start = System.nanoTime();
    int left = tokens;
    while (left > 0) {
      int chunk = Math.min(left, state.maxTokens());
      for (int row = 0; row < chunk; row++) {
        embed(row);
      }
      left -= chunk;
      decoder.forward(state, chunk, left == 0 ? 1 : 0);
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  private void embed(int row) {
    decoder.embed(state, random.nextInt(decoder.config().vocabularySize()), row);
  }

  @Override
  public void close() {
    state.close();
  }
}
