package io.internvl.bench;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderBatch;
import io.internvl.core.kernel.KvLayer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Times several conversations that decode together, on random tokens, without sampling. */
final class BatchBench implements AutoCloseable {
  private final Decoder decoder;
  private final DecoderBatch batch;
  private final int[] places;
  private final SplittableRandom random = new SplittableRandom(1);

  /**
   * Creates empty conversations.
   *
   * @param decoder the model
   * @param conversations how many
   * @param positions positions of the KV cache of each
   */
  BatchBench(Decoder decoder, int conversations, int positions) {
    this.decoder = decoder;
    batch =
        decoder.newBatch(conversations, positions, conversations, KvLayer.Format.F16, List.of());
    places = IntStream.range(0, conversations).toArray();
  }

  /**
   * Evaluates tokens of each conversation from an empty cache.
   *
   * @param tokens number of tokens of each
   * @return seconds
   */
  double decode(int tokens) {
    for (int place : places) {
      batch.cache(place).truncate(0);
    }
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i++) {
      for (int row = 0; row < places.length; row++) {
        int token = random.nextInt(decoder.config().vocabularySize());
        decoder.embed(batch.state(), token, row);
      }
      decoder.forward(batch, places, places.length);
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  public void close() {
    batch.close();
  }
}
