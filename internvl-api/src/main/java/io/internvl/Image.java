package io.internvl;

import io.internvl.vision.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;

/**
 * An image for a model, and how it is to be cut into tiles. Immutable and thread-safe; pixels are
 * decoded when a session reads it, each time anew.
 *
 * <p>PNG, JPEG, GIF (first frame) and BMP are read. Transparency is dropped without blending and
 * EXIF orientation ignored, as InternVL's own Python does.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="images"}
 */
public final class Image {
  /** Largest number of pixels that is decoded unless {@link #withMaxPixels} says otherwise. */
  public static final long DEFAULT_MAX_PIXELS = 178_956_970;

  private final Source source;
  private final int maxTiles;
  private final boolean applyOrientation;
  private final long maxPixels;

  /** Where the pixels come from. */
  sealed interface Source {
    /** A file. */
    record OfPath(Path path) implements Source {}

    /** An encoded image in memory. */
    record OfBytes(byte[] bytes) implements Source {}

    /** Red, green and blue bytes, row after row. */
    record OfRgb(int width, int height, byte[] rgb) implements Source {}
  }

  private Image(Source source, int maxTiles, boolean applyOrientation, long maxPixels) {
    this.source = source;
    this.maxTiles = maxTiles;
    this.applyOrientation = applyOrientation;
    this.maxPixels = maxPixels;
  }

  private static Image of(Source source) {
    return new Image(source, 0, false, DEFAULT_MAX_PIXELS);
  }

  /**
   * Takes an image file.
   *
   * @param path the file, read when a session needs it
   * @return the image
   */
  public static Image of(Path path) {
    return of(new Source.OfPath(Objects.requireNonNull(path, "path")));
  }

  /**
   * Takes an encoded image.
   *
   * @param bytes contents of an image file; copied
   * @return the image
   */
  public static Image of(byte[] bytes) {
    return of(new Source.OfBytes(bytes.clone()));
  }

  /**
   * Takes an encoded image.
   *
   * @param stream contents of an image file; read to the end, not closed
   * @return the image
   * @throws IOException when reading fails
   */
  public static Image of(InputStream stream) throws IOException {
    return of(new Source.OfBytes(stream.readAllBytes()));
  }

  /**
   * Takes a decoded image.
   *
   * @param image any type; copied, transparency dropped
   * @return the image
   */
  public static Image of(BufferedImage image) {
    RgbImage pixels = RgbImage.of(image);
    return of(new Source.OfRgb(pixels.width(), pixels.height(), pixels.rgb()));
  }

  /**
   * Takes raw pixels.
   *
   * @param width columns, at least 1
   * @param height rows, at least 1
   * @param rgb red, green and blue bytes, row after row; copied
   * @return the image
   * @throws IllegalArgumentException when the array does not have {@code 3 * width * height} bytes
   */
  public static Image ofRgb(int width, int height, byte[] rgb) {
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
    return of(new Source.OfRgb(width, height, rgb.clone()));
  }

  /**
   * Limits the tiles of this image; more tiles show finer detail and take more context. Default:
   * what the model file says, 12 for InternVL3.
   *
   * @param tiles largest number of tiles, not counting the thumbnail; with 1 there is none
   * @return a copy with this limit
   * @throws IllegalArgumentException when less than 1
   */
  public Image withMaxTiles(int tiles) {
    if (tiles < 1) {
      throw new IllegalArgumentException("maxTiles: " + tiles + ", expected at least 1");
    }
    return new Image(source, tiles, applyOrientation, maxPixels);
  }

  /**
   * Turns the image upright as its EXIF data says. Default: not turned.
   *
   * @return a copy with this setting
   */
  public Image withOrientationApplied() {
    return new Image(source, maxTiles, true, maxPixels);
  }

  /**
   * Limits the size that is decoded, against files that claim to be huge. Default: {@link
   * #DEFAULT_MAX_PIXELS}.
   *
   * @param pixels largest width times height, at least 1
   * @return a copy with this limit
   * @throws IllegalArgumentException when less than 1
   */
  public Image withMaxPixels(long pixels) {
    if (pixels < 1) {
      throw new IllegalArgumentException("maxPixels: " + pixels + ", expected at least 1");
    }
    return new Image(source, maxTiles, applyOrientation, pixels);
  }

  Source source() {
    return source;
  }

  int maxTiles() {
    return maxTiles;
  }

  boolean applyOrientation() {
    return applyOrientation;
  }

  long maxPixels() {
    return maxPixels;
  }
}
