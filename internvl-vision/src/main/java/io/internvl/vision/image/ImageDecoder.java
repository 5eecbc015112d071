package io.internvl.vision.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes PNG, JPEG, GIF (first frame) and BMP with the JDK's readers, to the pixels that Pillow's
 * {@code convert("RGB")} gives. Thread-safe.
 *
 * @param maxPixels largest width times height that is decoded; larger images are refused by their
 *     header
 * @param applyOrientation whether EXIF orientation is applied
 */
public record ImageDecoder(long maxPixels, boolean applyOrientation) {
  /** Larger files are refused, as are devices and pipes that go on for longer. */
  private static final int MAX_FILE_BYTES = 1 << 30;

  private static final String SUPPORTED = "supported are PNG, JPEG, GIF and BMP";

  /**
   * Decodes a file.
   *
   * @param path the file
   * @return its pixels
   * @throws ImageException when it cannot be read or decoded, or is too large
   */
  public RgbImage decode(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES);
      if (bytes.length == MAX_FILE_BYTES) {
        throw new ImageException(path + ": larger than the limit of " + MAX_FILE_BYTES + " bytes");
      }
      return decode(bytes, path.toString());
    } catch (NoSuchFileException e) {
      throw new ImageException(path + ": no such file", e);
    } catch (IOException e) {
      throw new ImageException(path + ": cannot be read: " + e.getMessage(), e);
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
    byte[] plain = JpegFile.withoutProfile(bytes);
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(plain))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new ImageException(source + ": " + description(bytes) + "; " + SUPPORTED);
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream);
        return decode(reader, plain, source);
      } finally {
        reader.dispose();
      }
    } catch (ImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The JDK's readers answer damaged files with unchecked exceptions of many kinds, too.
      throw new ImageException(source + ": damaged or truncated image: " + e.getMessage(), e);
    }
  }

  private RgbImage decode(ImageReader reader, byte[] bytes, String source) throws IOException {
    checkSize(reader.getWidth(0), reader.getHeight(0), source);
    return switch (reader.getFormatName().toLowerCase(Locale.ROOT)) {
      case "jpeg", "jpg" -> {
        JpegFile file = new JpegFile(bytes);
        RgbImage image = file.read(reader);
        yield applyOrientation ? Orientation.apply(image, file.orientation()) : image;
      }
      case "gif" -> {
        GifFrame frame = GifFrame.of(reader, bytes);
        checkSize(frame.width(), frame.height(), source);
        yield frame.paint(reader.read(0));
      }
      case "png" -> {
        BufferedImage image = reader.read(0);
        yield isGray16(bytes) ? RasterColors.clippedGray(image) : RasterColors.rgb(image);
      }
      default -> RasterColors.rgb(reader.read(0));
    };
  }

  private void checkSize(int width, int height, String source) {
    long pixels = (long) width * height;
    if (pixels > maxPixels) {
      throw new ImageException(
          source
              + ": "
              + width
              + "x"
              + height
              + " pixels, limit "
              + maxPixels
              + "; scale it down or raise the limit");
    }
  }

  /** Whether a PNG's header says 16-bit gray; a transparent colour may give it an alpha band. */
  private static boolean isGray16(byte[] png) {
    int depth = 24;
    int colorType = 25;
    return png.length > colorType && png[depth] == 16 && png[colorType] == 0;
  }

  private static String description(byte[] bytes) {
    if (bytes.length == 0) {
      return "empty";
    }
    boolean riff = bytes.length > 12 && bytes[0] == 'R' && bytes[1] == 'I' && bytes[8] == 'W';
    return riff ? "a WebP image" : "not an image of a known format";
  }
}
