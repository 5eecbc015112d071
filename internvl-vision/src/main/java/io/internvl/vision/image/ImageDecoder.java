package io.internvl.vision.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes PNG, JPEG, GIF (first frame) and BMP with the JDK's readers. Thread-safe.
 *
 * @param maxPixels largest width times height that is decoded; larger images are refused by their
 *     header
 * @param applyOrientation whether EXIF orientation is applied
 */
public record ImageDecoder(long maxPixels, boolean applyOrientation) {
  private static final String SUPPORTED = "supported are PNG, JPEG, GIF and BMP";

  /**
   * Decodes a file.
   *
   * @param path the file
   * @return its pixels
   * @throws ImageException when it cannot be read or decoded, or is too large
   */
  public RgbImage decode(Path path) {
    try {
      return decode(Files.readAllBytes(path), path.toString());
    } catch (IOException e) {
      throw new ImageException(path + ": cannot be read: " + e, e);
    }
  }

  /**
   * Decodes the contents of a file.
   *
   * @param bytes contents
   * @param source name for messages
   * @return its pixels
   * @throws ImageException when it cannot be decoded or is too large
   */
  public RgbImage decode(byte[] bytes, String source) {
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new ImageException(source + ": " + description(bytes) + "; " + SUPPORTED);
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, false, false);
        return decode(reader, bytes, source);
      } finally {
        reader.dispose();
      }
    } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new ImageException(source + ": damaged or truncated image: " + e.getMessage(), e);
    }
  }

  private RgbImage decode(ImageReader reader, byte[] bytes, String source) throws IOException {
    String format = reader.getFormatName().toLowerCase(Locale.ROOT);
    long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
    if (pixels > maxPixels) {
      throw new ImageException(
          source
              + ": "
              + reader.getWidth(0)
              + "x"
              + reader.getHeight(0)
              + " pixels, limit "
              + maxPixels
              + "; scale it down or raise the limit");
    }
    if (!format.equals("jpeg") && !format.equals("jpg")) {
      return RasterColors.rgb(reader.read(0));
    }
    JpegSegments segments = new JpegSegments(bytes);
    RgbImage image = jpeg(reader, segments);
    return applyOrientation ? Orientation.apply(image, segments.orientation()) : image;
  }

  private static RgbImage jpeg(ImageReader reader, JpegSegments segments) throws IOException {
    BufferedImage image = readPlain(reader);
    if (image != null) {
      return RasterColors.rgb(image);
    }
    Raster raster = reader.readRaster(0, null);
    if (raster.getNumBands() != 4) {
      throw new IOException("JPEG with " + raster.getNumBands() + " colour components");
    }
    return RasterColors.fromPrintColors(raster, segments.isYcck());
  }

  /** The image, or null when the reader does not know its colours (CMYK). */
  private static @Nullable BufferedImage readPlain(ImageReader reader) throws IOException {
    boolean known = reader.getImageTypes(0).hasNext();
    return known ? reader.read(0) : null;
  }

  private static String description(byte[] bytes) {
    if (bytes.length == 0) {
      return "empty";
    }
    boolean riff = bytes.length > 12 && bytes[0] == 'R' && bytes[1] == 'I' && bytes[8] == 'W';
    return riff ? "a WebP image" : "not an image of a known format";
  }
}
