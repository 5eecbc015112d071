package io.internvl.vision.image;

import java.util.List;

/**
 * Bytes to what the vision tower was trained on: {@code (value / 255 - mean) / std} in float32, one
 * plane for each colour.
 */
public final class Normalization {
  private static final int CHANNELS = 3;

  private final float[] table = new float[CHANNELS * 256]; // (channel, value)

  /**
   * Creates the operation.
   *
   * @param mean of red, green, blue
   * @param std of red, green, blue
   */
  public Normalization(float[] mean, float[] std) {
    for (int c = 0; c < CHANNELS; c++) {
      for (int value = 0; value < 256; value++) {
        table[256 * c + value] = (value / 255f - mean[c]) / std[c];
      }
    }
  }

  /**
   * Normalises tiles.
   *
   * @param tiles square images of equal size
   * @return pixels (tiles, 3, height, width)
   */
  public float[] apply(List<RgbImage> tiles) {
    int pixels = tiles.get(0).width() * tiles.get(0).height();
    float[] planes =
        new float[Math.multiplyExact(Math.multiplyExact(tiles.size(), CHANNELS), pixels)];
    for (int t = 0; t < tiles.size(); t++) {
      byte[] rgb = tiles.get(t).rgb();
      for (int c = 0; c < CHANNELS; c++) {
        int at = (t * CHANNELS + c) * pixels;
        for (int p = 0; p < pixels; p++) {
          planes[at + p] = table[256 * c + (rgb[CHANNELS * p + c] & 0xFF)];
        }
      }
    }
    return planes;
  }
}
