package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.vision.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where images come from and how they are cut. */
class ImageTest {
  private static final String FILE = "golden/images/001.png";

  @TempDir static Path directory;
  private static Model model;
  private static ImagePreparation preparation;

  @BeforeAll
  static void load() throws IOException {
    model = Model.load(TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION));
    preparation = new ImagePreparation(model.embedder().config());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static byte[] file() throws IOException {
    try (InputStream in = TinyFiles.open(FILE)) {
      return in.readAllBytes();
    }
  }

  private static List<byte[]> tiles(Image image) {
    return preparation.tiles(image).stream().map(RgbImage::rgb).toList();
  }

  @Test
  void allSourcesGiveTheSameTiles() throws IOException {
    byte[] bytes = file();
    Path path = Files.write(directory.resolve("001.png"), bytes);
    BufferedImage decoded = ImageIO.read(new ByteArrayInputStream(bytes));
    byte[] rgb = new byte[3 * decoded.getWidth() * decoded.getHeight()];
    for (int i = 0; i < rgb.length; i++) {
      int pixel = i / 3;
      int color = decoded.getRGB(pixel % decoded.getWidth(), pixel / decoded.getWidth());
      rgb[i] = (byte) (color >> 16 - 8 * (i % 3));
    }
    List<byte[]> expected = tiles(Image.of(path));
    assertThat(expected).isNotEmpty();
    assertThat(tiles(Image.of(bytes))).usingRecursiveComparison().isEqualTo(expected);
    assertThat(tiles(Image.of(new ByteArrayInputStream(bytes))))
        .usingRecursiveComparison()
        .isEqualTo(expected);
    assertThat(tiles(Image.of(decoded))).usingRecursiveComparison().isEqualTo(expected);
    assertThat(tiles(Image.ofRgb(decoded.getWidth(), decoded.getHeight(), rgb)))
        .usingRecursiveComparison()
        .isEqualTo(expected);
  }

  @Test
  void laterChangesOfTheSourceDoNotMatter() throws IOException {
    byte[] bytes = file();
    Image image = Image.of(bytes);
    List<byte[]> before = tiles(image);
    Arrays.fill(bytes, (byte) 0);
    assertThat(tiles(image)).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void tilesAreLimited() {
    Image wide = Image.ofRgb(900, 300, new byte[3 * 900 * 300]);
    assertThat(tiles(wide)).hasSize(4); // 3x1 and the thumbnail
    assertThat(tiles(wide.withMaxTiles(2))).hasSize(3);
    assertThat(tiles(wide.withMaxTiles(2).withoutThumbnail())).hasSize(2);
    assertThat(tiles(wide.withMaxTiles(1))).hasSize(1);
    assertThat(tiles(wide.withMaxTiles(12))).hasSizeGreaterThan(4);
    Image small = Image.ofRgb(8, 8, new byte[192]);
    assertThat(tiles(small)).hasSize(1);
    assertThat(tiles(small.withMinTiles(2))).hasSize(5);
    assertThat(tiles(small.withMinTiles(4).withMaxTiles(1))).hasSize(1);
  }

  @Test
  void tilesOfCombinedImagesFollowEachOther() {
    Image one = Image.ofRgb(640, 320, new byte[3 * 640 * 320]).withMaxTiles(2);
    byte[] white = new byte[192];
    Arrays.fill(white, (byte) 255);
    Image other = Image.ofRgb(8, 8, white);
    List<byte[]> expected = new ArrayList<>(tiles(one));
    expected.addAll(tiles(other));
    assertThat(tiles(Image.combined(one, other))).usingRecursiveComparison().isEqualTo(expected);
    assertThat(tiles(Image.combined(one, other).withMaxTiles(1))).hasSize(2);
  }

  @Test
  void combinedImagesStandInOneBlock() {
    Image image = Image.ofRgb(8, 8, new byte[192]);
    try (Session session = model.newSession()) {
      int[] ids = session.promptIds(Message.user("Hello", Image.combined(image, image, image)));
      assertThat(count(ids, "<img>")).isEqualTo(1);
      assertThat(count(ids, "<IMG_CONTEXT>")).isEqualTo(3 * model.info().tokensPerTile());
      int[] separate = session.promptIds(Message.user("Hello", image, image, image));
      assertThat(count(separate, "<img>")).isEqualTo(3);
    }
  }

  private static long count(int[] ids, String token) {
    int wanted = model.tokenizer().idOf(token).orElseThrow();
    return Arrays.stream(ids).filter(id -> id == wanted).count();
  }

  @Test
  void aLargerImageThanAllowedIsRefused() throws IOException {
    Image image = Image.of(file()).withMaxPixels(100);
    assertThatThrownBy(() -> tiles(image))
        .isInstanceOf(ImageReadException.class)
        .hasMessageContaining("limit 100");
  }

  @Test
  void wrongArgumentsAreNamed() {
    Image image = Image.ofRgb(1, 1, new byte[3]);
    assertThatThrownBy(() -> Image.ofRgb(2, 2, new byte[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("3 bytes for 2x2 pixels, expected 12");
    assertThatThrownBy(() -> Image.ofRgb(0, 2, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> image.withMaxTiles(0)).hasMessage("maxTiles: 0, expected 1 to 40");
    assertThatThrownBy(() -> image.withMinTiles(41)).hasMessage("minTiles: 41, expected 1 to 40");
    assertThatThrownBy(() -> image.withMaxPixels(1L << 40)).hasMessageContaining("maxPixels");
    assertThatThrownBy(Image::combined).hasMessageContaining("at least one");
  }
}
