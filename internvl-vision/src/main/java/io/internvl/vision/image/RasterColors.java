package io.internvl.vision.image;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Raw samples to RGB as Pillow's {@code convert("RGB")} does: alpha is dropped, 16-bit colour keeps
 * its high byte, 16-bit gray is clipped at 255, no colour profile is applied.
 */
final class RasterColors {
  private RasterColors() {}

  static RgbImage rgb(BufferedImage image) {
    Raster raster = image.getRaster();
    if (image.getColorModel() instanceof IndexColorModel palette) {
      return fromPalette(raster, palette);
    }
    if (image.isAlphaPremultiplied()) {
      return fromConverted(image);
    }
    return switch (image.getColorModel()) {
      case ComponentColorModel model -> fromSamples(raster, raster.getNumBands() == 1);
      case DirectColorModel model -> fromPackedSamples(raster, model);
      default -> fromConverted(image);
    };
  }

  /** Gray of 16 bits, with or without alpha, clipped at 255. */
  static RgbImage clippedGray(BufferedImage image) {
    return fromSamples(image.getRaster(), true);
  }

  private static RgbImage fromPalette(Raster raster, IndexColorModel palette) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int index : row) {
        rgb[at++] = (byte) palette.getRed(index);
        rgb[at++] = (byte) palette.getGreen(index);
        rgb[at++] = (byte) palette.getBlue(index);
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static RgbImage fromSamples(Raster raster, boolean clips) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    boolean wide = raster.getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT;
    boolean gray = bands < 3;
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int sample = row[x * bands + (gray ? 0 : c)];
          rgb[at++] = (byte) (wide ? narrow(sample, clips) : sample);
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static int narrow(int sample, boolean clips) {
    return clips ? Math.min(sample, 255) : sample >> 8;
  }

  /** Samples of 1 to 8 bits in one pixel value, spread to 0..255 and rounded down as in Pillow. */
  private static RgbImage fromPackedSamples(Raster raster, DirectColorModel model) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int largest = (1 << model.getComponentSize(c)) - 1;
          rgb[at++] = (byte) (row[x * bands + c] * 255 / largest);
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static RgbImage fromConverted(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int pixel : row) {
        rgb[at++] = (byte) (pixel >> 16);
        rgb[at++] = (byte) (pixel >> 8);
        rgb[at++] = (byte) pixel;
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /**
   * Converts the four bands of a JPEG for print, which are stored inverted (Adobe's convention).
   *
   * @param raster cyan, magenta, yellow, black, or Y, Cb, Cr, black
   * @param ycck whether the first three bands are Y, Cb, Cr
   * @return the pixels
   */
  static RgbImage fromPrintColors(Raster raster, boolean ycck) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[4 * width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int i = 4 * x;
        if (ycck) {
          double luma = row[i];
          double cb = row[i + 1] - 128;
          double cr = row[i + 2] - 128;
          row[i] = 255 - clip(luma + 1.402 * cr);
          row[i + 1] = 255 - clip(luma - 0.344136 * cb - 0.714136 * cr);
          row[i + 2] = 255 - clip(luma + 1.772 * cb);
        }
        int light = row[i + 3]; // 255 - black, as black is stored inverted
        for (int c = 0; c < 3; c++) {
          int ink = 255 - row[i + c];
          int product = ink * light + 128;
          rgb[at++] = (byte) Math.max(0, light - ((product >> 8) + product >> 8));
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static int clip(double value) {
    return Math.clamp(Math.round(value), 0, 255);
  }
}
