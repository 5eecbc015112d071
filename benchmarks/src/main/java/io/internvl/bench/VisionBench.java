package io.internvl.bench;

import io.internvl.vision.ImageEmbedder;
import java.util.SplittableRandom;

/** Times the vision tower and projector on one tile of random pixels. */
final class VisionBench {
  private static final int CHANNELS = 3;

  private final ImageEmbedder embedder;
  private final float[] pixels; // (1, 3, imageSize, imageSize)

  VisionBench(ImageEmbedder embedder) {
    this.embedder = embedder;
    int side = embedder.config().imageSize();
    SplittableRandom random = new SplittableRandom(1);
    pixels = new float[CHANNELS * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextDouble(-2, 2);
    }
  }

  /**
   * Encodes one tile.
   *
   * @return seconds
   */
  double encode() {
    long start = System.nanoTime();
    embedder.embed(pixels, 1, done -> {});
    return (System.nanoTime() - start) * 1e-9;
  }
}
