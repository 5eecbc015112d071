package io.internvl.vision.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageReader;

/**
 * A JPEG file and what ImageIO does not tell of it: EXIF orientation, number of colour components,
 * Adobe colour transform.
 */
final class JpegFile {
  private static final int APP1 = 0xE1;
  private static final int APP2 = 0xE2;
  private static final int APP14 = 0xEE;
  private static final int START_OF_IMAGE = 0xD8;
  private static final int START_OF_SCAN = 0xDA;
  private static final Set<Integer> NO_FRAME = Set.of(0xC4, 0xC8, 0xCC);
  private static final int PRINT_COMPONENTS = 4;
  private static final int ORIENTATION = 0x0112;
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] PROFILE = "ICC_PROFILE\0".getBytes(StandardCharsets.ISO_8859_1);

  private int orientation = 1;
  private int adobeTransform;
  private int components;

  JpegFile(byte[] file) {
    forEachSegment(file, (marker, at, length) -> read(marker, segment(file, at, length)));
  }

  /** Hears of a segment: marker, where it starts, its length with the two bytes of the marker. */
  private interface SegmentAction {
    void accept(int marker, int at, int length);
  }

  /** Passes over the segments before the pixels. */
  private static void forEachSegment(byte[] file, SegmentAction action) {
    int at = 2;
    while (at + 4 <= file.length && (file[at] & 0xFF) == 0xFF) {
      int marker = file[at + 1] & 0xFF;
      if (marker == 0xFF) { // fill byte
        at++;
        continue;
      }
      int length = (file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF);
      if (marker == START_OF_SCAN || length < 2 || at + 2 + length > file.length) {
        return;
      }
      action.accept(marker, at, 2 + length);
      at += 2 + length;
    }
  }

  private static ByteBuffer segment(byte[] file, int at, int length) {
    return ByteBuffer.wrap(file, at + 4, length - 4).slice();
  }

  /**
   * Leaves colour profiles out: ImageIO would convert the pixels to sRGB, or refuse a profile that
   * does not fit, while Pillow ignores them.
   *
   * @param file contents of an image file of any kind
   * @return the same array when there is nothing to leave out
   */
  static byte[] withoutProfile(byte[] file) {
    boolean jpeg = file.length > 2 && file[0] == (byte) 0xFF && file[1] == (byte) START_OF_IMAGE;
    if (!jpeg) {
      return file;
    }
    ByteArrayOutputStream plain = new ByteArrayOutputStream(file.length);
    int[] copied = {0};
    forEachSegment(
        file,
        (marker, at, length) -> {
          if (marker == APP2 && startsWith(segment(file, at, length), PROFILE)) {
            plain.write(file, copied[0], at - copied[0]);
            copied[0] = at + length;
          }
        });
    if (copied[0] == 0) {
      return file;
    }
    plain.write(file, copied[0], file.length - copied[0]);
    return plain.toByteArray();
  }

  private void read(int marker, ByteBuffer segment) {
    if (marker == APP1 && startsWith(segment, EXIF)) {
      orientation = orientation(segment.position(EXIF.length).slice());
    } else if (marker == APP14 && startsWith(segment, ADOBE) && segment.remaining() >= 12) {
      adobeTransform = segment.get(11) & 0xFF;
    } else if (startsFrame(marker) && segment.remaining() >= 6) {
      components = segment.get(5) & 0xFF;
    }
  }

  private static boolean startsFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && !NO_FRAME.contains(marker);
  }

  private static boolean startsWith(ByteBuffer segment, byte[] prefix) {
    for (int i = 0; i < prefix.length; i++) {
      if (i >= segment.remaining() || segment.get(i) != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** Reads the tag from the first directory of a TIFF structure; 1 when there is none. */
  private static int orientation(ByteBuffer tiff) {
    if (tiff.remaining() < 8) {
      return 1;
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long directory = Integer.toUnsignedLong(tiff.getInt(4));
    if (directory + 2 > tiff.remaining()) {
      return 1;
    }
    int entries = tiff.getShort((int) directory) & 0xFFFF;
    for (int i = 0; i < entries; i++) {
      long entry = directory + 2 + 12L * i;
      if (entry + 12 > tiff.remaining()) {
        return 1;
      }
      if ((tiff.getShort((int) entry) & 0xFFFF) == ORIENTATION) {
        int value = tiff.getShort((int) entry + 8) & 0xFFFF;
        return value >= 1 && value <= 8 ? value : 1;
      }
    }
    return 1;
  }

  /** EXIF orientation, 1 (upright) to 8. */
  int orientation() {
    return orientation;
  }

  /**
   * Decodes the image. ImageIO only warns of missing data and fills the gap with gray; here a
   * truncated file is an error.
   */
  RgbImage read(ImageReader reader) throws IOException {
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    RgbImage image =
        components == PRINT_COMPONENTS
            ? RasterColors.fromPrintColors(reader.readRaster(0, null), adobeTransform == 2)
            : RasterColors.rgb(reader.read(0));
    for (String warning : warnings) {
      if (warning.startsWith("Truncated")) {
        throw new IOException(warning);
      }
    }
    return image;
  }
}
