package io.internvl.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged, lie about their size or are no images. */
class HostileImageTest {
  private static final int CUTS = 24;
  private static final int MUTATIONS = 60;
  private static final long LIMIT = 1_000_000;

  @TempDir Path directory;

  static List<ImageDecoderTest.Case> cases() throws IOException {
    return ImageDecoderTest.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTruncatedFileIsAnErrorUnlessNoPixelIsLost(ImageDecoderTest.Case whole) throws IOException {
    byte[] bytes = ImageDecoderTest.read(whole.file());
    int refused = 0;
    for (int cut = 0; cut < CUTS; cut++) {
      byte[] part = Arrays.copyOf(bytes, bytes.length * cut / CUTS);
      refused += isRefused(whole, part) ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(CUTS / 2);
  }

  /** ImageIO itself only warns and paints the missing part gray. */
  @Test
  void aJpegWithoutItsEndIsRefused() throws IOException {
    byte[] bytes = ImageDecoderTest.read("jpeg-progressive.jpg");
    byte[] part = Arrays.copyOf(bytes, bytes.length - 2);
    assertThatThrownBy(() -> new ImageDecoder(LIMIT, false).decode(part, "cat.jpg"))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("cat.jpg: damaged or truncated image: Truncated File");
  }

  private static boolean isRefused(ImageDecoderTest.Case whole, byte[] part) {
    try {
      assertThat(whole.matches(whole.decode(part))).as("%d bytes", part.length).isTrue();
      return false;
    } catch (ImageException e) {
      assertThat(e).hasMessageContaining(whole.file());
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void changedBytesGiveAnImageOrAnErrorThatNamesTheFile(ImageDecoderTest.Case whole)
      throws IOException {
    byte[] bytes = ImageDecoderTest.read(whole.file());
    Random random = new Random(5);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] changed = bytes.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(whole.decode(changed).rgb()).isNotEmpty();
      } catch (ImageException e) {
        assertThat(e).hasMessageContaining(whole.file());
      }
    }
  }

  /** Where the formats keep width and height, as offset, size and byte order. */
  @ParameterizedTest
  @CsvSource({
    "png-rgb-8.png, 16, 20, 4, false",
    "gif-plain.gif, 6, 8, 2, true",
    "bmp-rle8.bmp, 18, 22, 4, true",
  })
  void aHugeDeclaredSizeIsRefusedBeforeDecoding(
      String file, int widthAt, int heightAt, int size, boolean little) throws IOException {
    byte[] bytes = ImageDecoderTest.read(file);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    buffer.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    for (int at : new int[] {widthAt, heightAt}) {
      if (size == 2) {
        buffer.putShort(at, (short) 30_000);
      } else {
        buffer.putInt(at, 30_000);
      }
    }
    assertRefusedAsHuge(bytes, file);
  }

  @Test
  void aHugeDeclaredJpegIsRefusedBeforeDecoding() throws IOException {
    byte[] bytes = ImageDecoderTest.read("jpeg-444.jpg");
    int frame = 0;
    while ((bytes[frame] & 0xFF) != 0xFF || (bytes[frame + 1] & 0xFF) != 0xC0) {
      frame++;
    }
    ByteBuffer.wrap(bytes).putShort(frame + 5, (short) 30_000).putShort(frame + 7, (short) 30_000);
    assertRefusedAsHuge(bytes, "jpeg-444.jpg");
  }

  private static void assertRefusedAsHuge(byte[] bytes, String file) {
    assertThatThrownBy(() -> new ImageDecoder(LIMIT, false).decode(bytes, file))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining(file + ": 30000x30000 pixels, limit 1000000");
  }

  @Test
  void theLimitIsInclusive() throws IOException {
    byte[] bytes = ImageDecoderTest.read("png-rgb-8.png"); // 17x11
    assertThat(new ImageDecoder(187, false).decode(bytes, "x").rgb()).hasSize(561);
    assertThatThrownBy(() -> new ImageDecoder(186, false).decode(bytes, "x"))
        .hasMessageContaining("17x11 pixels, limit 186");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 64})
  void otherFilesAreRefused(int length) {
    assertThatThrownBy(() -> new ImageDecoder(LIMIT, false).decode(new byte[length], "notes.txt"))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("notes.txt: " + (length == 0 ? "empty" : "not an image"))
        .hasMessageContaining("supported are PNG, JPEG, GIF and BMP");
  }

  @Test
  void webpIsNamed() {
    byte[] bytes = Arrays.copyOf("RIFF....WEBPVP8 ".getBytes(StandardCharsets.US_ASCII), 40);
    assertThatThrownBy(() -> new ImageDecoder(LIMIT, false).decode(bytes, "a.webp"))
        .hasMessageContaining("a.webp: a WebP image; supported are");
  }

  @Test
  void unreadablePathsAreNamed() {
    Path none = directory.resolve("none.png");
    ImageDecoder decoder = new ImageDecoder(LIMIT, false);
    assertThatThrownBy(() -> decoder.decode(none)).hasMessage(none + ": no such file");
    assertThatThrownBy(() -> decoder.decode(directory))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining(directory + ": cannot be read");
  }

  /** 3 KB of PNG that would take gigabytes between the two passes of a resize. */
  @Test
  void aLineOfPixelsIsRefusedOrCutInTime() {
    Tiles tiles = new Tiles(448, 1, 12, true);
    RgbImage longest = new RgbImage(1, 1_600_000, new byte[3 * 1_600_000]);
    assertThatThrownBy(() -> tiles.of(longest))
        .isInstanceOf(ImageException.class)
        .hasMessage(
            "the image of 1x1600000 pixels is too long and narrow to be resized to 448x5376;"
                + " crop it");
    RgbImage wide = new RgbImage(1_600_000, 1, new byte[3 * 1_600_000]);
    assertThat(tiles.of(wide)).hasSize(13);
  }
}
