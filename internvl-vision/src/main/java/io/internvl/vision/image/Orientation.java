package io.internvl.vision.image;

/** Turns and mirrors pixels as an EXIF orientation says. */
final class Orientation {
  private Orientation() {}

  static RgbImage apply(RgbImage image, int orientation) {
    if (orientation == 1) {
      return image;
    }
    boolean swapped = orientation >= 5;
    int width = swapped ? image.height() : image.width();
    int height = swapped ? image.width() : image.height();
    byte[] source = image.rgb();
    byte[] rgb = new byte[source.length];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int from = 3 * sourcePixel(image, orientation, x, y);
        rgb[at++] = source[from];
        rgb[at++] = source[from + 1];
        rgb[at++] = source[from + 2];
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /** Which stored pixel is shown at (x, y). */
  private static int sourcePixel(RgbImage image, int orientation, int x, int y) {
    int right = image.width() - 1;
    int bottom = image.height() - 1;
    int column =
        switch (orientation) {
          case 2, 3 -> right - x;
          case 4 -> x;
          case 5, 6 -> y;
          default -> right - y;
        };
    int row =
        switch (orientation) {
          case 2 -> y;
          case 3, 4 -> bottom - y;
          case 5, 8 -> x;
          default -> bottom - x;
        };
    return row * image.width() + column;
  }
}
