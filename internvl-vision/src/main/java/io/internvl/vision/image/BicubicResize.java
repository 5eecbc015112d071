package io.internvl.vision.image;

import java.util.Arrays;
import java.util.Locale;

/**
 * Pillow's bicubic resize of 8-bit images, bit by bit: a horizontal and then a vertical pass, each
 * rounded to bytes, with weights in 22-bit fixed point. When shrinking, the filter is widened, so
 * that every source pixel counts (Keys 1981, a = -1/2).
 */
final class BicubicResize {
  private static final int PRECISION_BITS = 32 - 8 - 2;
  private static final int HALF = 1 << (PRECISION_BITS - 1); // rounds
  private static final double SUPPORT = 2;
  private static final double A = -0.5;

  /** Most pixels of the new width and the old height: some seconds of work. */
  private static final long MOST_BETWEEN = 1 << 26;

  private BicubicResize() {}

  static RgbImage resize(RgbImage image, int width, int height) {
    if ((long) width * image.height() > MOST_BETWEEN) {
      throw new ImageException(
          String.format(
              Locale.ROOT,
              "the image of %dx%d pixels is too long and narrow to be resized to %dx%d; crop it",
              image.width(),
              image.height(),
              width,
              height));
    }
    byte[] rgb = image.rgb();
    if (width != image.width() && height < image.height()) {
      return new RgbImage(width, height, shrink(image, width, height));
    }
    if (width != image.width()) {
      rgb = horizontal(rgb, image.width(), image.height(), width);
    }
    if (height != image.height()) {
      rgb = vertical(rgb, width, image.height(), height);
    }
    return new RgbImage(width, height, rgb);
  }

  /** For each target pixel the first source pixel, the number of them, and their weights. */
  private static final class Weights {
    final int size;
    final int[] first;
    final int[] count;
    final int[] fixed; // (target, size)

    Weights(int source, int target) {
      double scale = (double) source / target;
      double filterScale = Math.max(scale, 1);
      double support = SUPPORT * filterScale;
      size = (int) Math.ceil(support) * 2 + 1;
      first = new int[target];
      count = new int[target];
      fixed = new int[target * size];
      double[] row = new double[size];
      for (int t = 0; t < target; t++) {
        double center = (t + 0.5) * scale;
        int min = Math.max(0, (int) (center - support + 0.5));
        int max = Math.min(source, (int) (center + support + 0.5));
        first[t] = min;
        count[t] = max - min;
        double sum = 0;
        for (int i = 0; i < count[t]; i++) {
          row[i] = cubic((i + min - center + 0.5) * (1 / filterScale));
          sum += row[i];
        }
        for (int i = 0; i < count[t]; i++) {
          double weight = sum == 0 ? row[i] : row[i] / sum;
          double shifted = weight * (1 << PRECISION_BITS);
          fixed[t * size + i] = (int) (shifted < 0 ? shifted - 0.5 : shifted + 0.5);
        }
      }
    }

    /** Returns the largest number of target pixels that a source pixel counts for. */
    int overlap() {
      int most = 0;
      int open = 0;
      for (int t = 0; t < first.length; t++) {
        while (first[open] + count[open] <= first[t]) {
          open++;
        }
        most = Math.max(most, t - open + 1);
      }
      return most;
    }
  }

  private static double cubic(double value) {
    double x = Math.abs(value);
    if (x < 1) {
      return ((A + 2) * x - (A + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
  }

  /**
   * Both passes at once, where the height shrinks: a line is resized, added to the target lines it
   * counts for and forgotten, so that no image of the old height and the new width is kept.
   */
  private static byte[] shrink(RgbImage image, int width, int height) {
    Weights across = new Weights(image.width(), width);
    Weights down = new Weights(image.height(), height);
    byte[] source = image.rgb();
    byte[] out = new byte[3 * width * height];
    byte[] line = new byte[3 * width];
    int[][] sums = new int[down.overlap()][3 * width]; // of target lines, in turn
    int begun = 0;
    int done = 0;
    for (int y = 0; y < image.height(); y++) {
      for (; begun < height && down.first[begun] <= y; begun++) {
        Arrays.fill(sums[begun % sums.length], HALF);
      }
      horizontal(source, 3 * image.width() * y, across, line, 0);
      for (int t = done; t < begun; t++) {
        int i = y - down.first[t];
        addWeighted(line, 0, down.fixed[t * down.size + i], sums[t % sums.length]);
      }
      for (; done < begun && down.first[done] + down.count[done] == y + 1; done++) {
        clip(sums[done % sums.length], out, 3 * width * done);
      }
    }
    return out;
  }

  private static byte[] horizontal(byte[] source, int width, int height, int target) {
    Weights weights = new Weights(width, target);
    byte[] out = new byte[3 * target * height];
    for (int y = 0; y < height; y++) {
      horizontal(source, 3 * width * y, weights, out, 3 * target * y);
    }
    return out;
  }

  private static void horizontal(byte[] source, int line, Weights weights, byte[] out, int to) {
    int at = to;
    for (int t = 0; t < weights.first.length; t++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int from = line + 3 * weights.first[t];
      int weightAt = t * weights.size;
      int end = weightAt + weights.count[t];
      for (int i = weightAt; i < end; i++) {
        int weight = weights.fixed[i];
        red += weight * (source[from] & 0xFF);
        green += weight * (source[from + 1] & 0xFF);
        blue += weight * (source[from + 2] & 0xFF);
        from += 3;
      }
      out[at++] = clip(red);
      out[at++] = clip(green);
      out[at++] = clip(blue);
    }
  }

  private static byte[] vertical(byte[] source, int width, int height, int target) {
    Weights weights = new Weights(height, target);
    int line = 3 * width;
    byte[] out = new byte[line * target];
    int[] sums = new int[line];
    for (int t = 0; t < target; t++) {
      Arrays.fill(sums, HALF);
      for (int i = 0; i < weights.count[t]; i++) {
        addWeighted(
            source, line * (weights.first[t] + i), weights.fixed[t * weights.size + i], sums);
      }
      clip(sums, out, line * t);
    }
    return out;
  }

  private static void addWeighted(byte[] source, int from, int weight, int[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += weight * (source[from + x] & 0xFF);
    }
  }

  private static void clip(int[] sums, byte[] out, int to) {
    for (int x = 0; x < sums.length; x++) {
      out[to + x] = clip(sums[x]);
    }
  }

  private static byte clip(int sum) {
    int value = sum >> PRECISION_BITS;
    return (byte) Math.clamp(value, 0, 255);
  }
}
