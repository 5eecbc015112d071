package io.internvl.vision.image;

import java.awt.image.BufferedImage;

/**
 * Pixels with 8 bits for red, green and blue. The array is shared and not to be changed.
 *
 * @param width columns
 * @param height rows
 * @param rgb (height, width, 3)
 */
public record RgbImage(int width, int height, byte[] rgb) {
  /**
   * Checks the size.
   *
   * @throws IllegalArgumentException when the array does not have {@code 3 * width * height} bytes
   */
  public RgbImage {
    if (width < 1 || height < 1 || 3L * width * height != rgb.length) {
      throw new IllegalArgumentException(
          rgb.length
              + " bytes for "
              + width
              + "x"
              + height
              + " pixels, expected "
              + 3L * width * height);
    }
  }

  /**
   * Copies a decoded image. Transparency is dropped; gray and palette values are taken as they are,
   * without colour management.
   *
   * @param image any type
   * @return its pixels
   */
  public static RgbImage of(BufferedImage image) {
    return RasterColors.rgb(image);
  }
}
