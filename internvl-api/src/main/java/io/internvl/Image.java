package io.internvl;

import io.internvl.vision.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

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
  /**
   * Largest number of pixels that is decoded unless {@link #withMaxPixels} says otherwise; Pillow
   * refuses larger images, too.
   */
  public static final long DEFAULT_MAX_PIXELS = 178_956_970;

  private static final long MOST_PIXELS = Integer.MAX_VALUE / 3;
  private static final int MOST_TILES = 40;
  private static final int MOST_BYTES = 1 << 30;
  private static final Settings DEFAULTS = new Settings(0, 0, true, false, DEFAULT_MAX_PIXELS);

  private final Source source;
  private final Settings settings;

  /** How the pixels are treated; 0 tiles for what the model file says. */
  record Settings(int minTiles, int maxTiles, boolean thumbnail, boolean upright, long maxPixels) {}

  /** Where the pixels come from. */
  sealed interface Source {
    /** A file. */
    record OfPath(Path path) implements Source {}

    /** An encoded image in memory. */
    record OfBytes(byte[] bytes) implements Source {}

    /** Red, green and blue bytes, row after row. */
    record OfRgb(int width, int height, byte[] rgb) implements Source {}

    /** Several images whose tiles follow each other. */
    record OfImages(List<Image> images) implements Source {}

    /** What a model has made of an image: (tiles * tokensPerTile, hidden size), row after row. */
    record OfEmbeddings(Model model, float[] rows) implements Source {}
  }

  private Image(Source source, Settings settings) {
    this.source = source;
    this.settings = settings;
  }

  private static Image of(Source source) {
    return new Image(source, DEFAULTS);
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
   * @throws IOException when reading fails, or after 1 GiB
   */
  public static Image of(InputStream stream) throws IOException {
    byte[] bytes = stream.readNBytes(MOST_BYTES);
    if (bytes.length == MOST_BYTES) {
      throw new IOException("the image has " + MOST_BYTES + " bytes or more");
    }
    return of(new Source.OfBytes(bytes));
  }

  /**
   * Takes a decoded image.
   *
   * @param image any type; copied, transparency dropped, 16-bit gray clipped at 255 as in Pillow
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
   * Makes one image of several: their tiles stand in one block, which InternVL calls a combined
   * multi-image prompt. In a question they count as a single image. Settings made on the result
   * apply to each of them.
   *
   * @param images at least one
   * @return the combined image
   * @throws IllegalArgumentException when there are none, or one is encoded
   */
  public static Image combined(Image... images) {
    if (images.length == 0) {
      throw new IllegalArgumentException("no images to combine, expected at least one");
    }
    for (Image image : images) {
      if (image.isEncoded()) {
        throw new IllegalArgumentException("an encoded image has no pixels to combine");
      }
    }
    return of(new Source.OfImages(List.of(images)));
  }

  /**
   * Limits the tiles of this image; more tiles show finer detail and take more context. Default:
   * what the model file says, 12 for InternVL3.
   *
   * @param tiles largest number of tiles, 1 to 40, not counting the thumbnail; with 1 there is none
   * @return a copy with this limit
   * @throws IllegalArgumentException when out of range
   */
  public Image withMaxTiles(int tiles) {
    requireTiles("maxTiles", tiles);
    return with(s -> new Settings(s.minTiles, tiles, s.thumbnail, s.upright, s.maxPixels));
  }

  /**
   * Cuts this image into at least so many tiles, also where it is small. Default: what the model
   * file says, 1 for InternVL3. The largest number of tiles takes precedence.
   *
   * @param tiles smallest number of tiles, 1 to 40, not counting the thumbnail
   * @return a copy with this limit
   * @throws IllegalArgumentException when out of range
   */
  public Image withMinTiles(int tiles) {
    requireTiles("minTiles", tiles);
    return with(s -> new Settings(tiles, s.maxTiles, s.thumbnail, s.upright, s.maxPixels));
  }

  private static void requireTiles(String name, int tiles) {
    if (tiles < 1 || tiles > MOST_TILES) {
      throw new IllegalArgumentException(name + ": " + tiles + ", expected 1 to " + MOST_TILES);
    }
  }

  /**
   * Leaves out the thumbnail, the overview that follows the tiles of a large image. Default: there
   * is one, as InternVL was trained.
   *
   * @return a copy with this setting
   */
  public Image withoutThumbnail() {
    return with(s -> new Settings(s.minTiles, s.maxTiles, false, s.upright, s.maxPixels));
  }

  /**
   * Turns the image upright as its EXIF data says. Default: not turned.
   *
   * @return a copy with this setting
   */
  public Image withOrientationApplied() {
    return with(s -> new Settings(s.minTiles, s.maxTiles, s.thumbnail, true, s.maxPixels));
  }

  /**
   * Limits the size that is decoded, against files that claim to be huge. Default: {@link
   * #DEFAULT_MAX_PIXELS}.
   *
   * @param pixels largest width times height, 1 to 715,827,882
   * @return a copy with this limit
   * @throws IllegalArgumentException when out of range
   */
  public Image withMaxPixels(long pixels) {
    if (pixels < 1 || pixels > MOST_PIXELS) {
      throw new IllegalArgumentException("maxPixels: " + pixels + ", expected 1 to " + MOST_PIXELS);
    }
    return with(s -> new Settings(s.minTiles, s.maxTiles, s.thumbnail, s.upright, pixels));
  }

  private Image with(UnaryOperator<Settings> change) {
    if (isEncoded()) {
      throw new IllegalStateException("the image is encoded already: set this before");
    }
    Source changed =
        source instanceof Source.OfImages(List<Image> images)
            ? new Source.OfImages(images.stream().map(image -> image.with(change)).toList())
            : source;
    return new Image(changed, change.apply(settings));
  }

  static Image encoded(Model model, float[] rows) {
    return of(new Source.OfEmbeddings(model, rows));
  }

  /**
   * Says whether this is what {@link Model#encode} returned: no setting can be changed any more.
   *
   * @return true for embeddings, false for pixels
   */
  public boolean isEncoded() {
    return source instanceof Source.OfEmbeddings;
  }

  Source source() {
    return source;
  }

  Settings settings() {
    return settings;
  }
}
