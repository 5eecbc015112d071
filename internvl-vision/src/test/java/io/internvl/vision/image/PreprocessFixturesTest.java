package io.internvl.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Grids, tiles and pixel values against InternVL's Python with Pillow and torchvision. */
class PreprocessFixturesTest {
  /** Mean brightness of a tile may differ by this much: JPEG decoders round differently. */
  private static final double JPEG_MEAN_TOLERANCE = 0.1;

  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  static List<String> files(String extension) throws IOException {
    List<String> names = new ArrayList<>();
    for (JsonNode image : images()) {
      String file = image.get("file").asString();
      if (file.endsWith(extension)) {
        names.add(file);
      }
    }
    return names;
  }

  static List<String> pngs() throws IOException {
    return files(".png");
  }

  static List<String> jpegs() throws IOException {
    return files(".jpg");
  }

  @Test
  void gridsAreGolden() throws IOException {
    int checked = 0;
    for (JsonNode row : json("tile_grids.json").get("rows")) {
      TileGrid grid =
          TileGrid.of(
              row.get(0).asInt(),
              row.get(1).asInt(),
              row.get(2).asInt(),
              row.get(3).asInt(),
              row.get(4).asInt());
      assertThat(grid)
          .as(row.toString())
          .isEqualTo(new TileGrid(row.get(5).asInt(), row.get(6).asInt()));
      checked++;
    }
    assertThat(checked).isEqualTo(1554);
  }

  @ParameterizedTest
  @MethodSource("pngs")
  void tilesOfPngAreBitExact(String file) throws IOException {
    JsonNode golden = image(file);
    List<String> hashes = new ArrayList<>();
    for (RgbImage tile : tiles(golden)) {
      hashes.add(sha256(tile.rgb()));
    }
    assertThat(hashes).isEqualTo(strings(golden.get("tileSha256")));
  }

  @ParameterizedTest
  @MethodSource("jpegs")
  void tilesOfJpegAreCloseInMean(String file) throws IOException {
    JsonNode golden = image(file);
    List<RgbImage> tiles = tiles(golden);
    assertThat(tiles).hasSize(golden.get("tiles").asInt());
    for (int t = 0; t < tiles.size(); t++) {
      double sum = 0;
      for (byte value : tiles.get(t).rgb()) {
        sum += value & 0xFF;
      }
      assertThat(sum / tiles.get(t).rgb().length)
          .isCloseTo(golden.get("tileMean").get(t).asDouble(), within(JPEG_MEAN_TOLERANCE));
    }
  }

  @Test
  void pixelValuesAreBitExact() throws IOException {
    int checked = 0;
    for (JsonNode golden : images()) {
      if (golden.has("pixelValues")) {
        float[] pixels = new Normalization(MEAN, STD).apply(tiles(golden));
        byte[] bytes = read(golden.get("pixelValues").get("file").asString());
        float[] expected = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(expected);
        assertThat(pixels).isEqualTo(expected);
        checked++;
      }
    }
    assertThat(checked).isEqualTo(4);
  }

  private static List<RgbImage> tiles(JsonNode golden) throws IOException {
    String file = golden.get("file").asString();
    RgbImage image = new ImageDecoder(1_000_000, false).decode(read(file), file);
    assertThat(image.width()).isEqualTo(golden.get("width").asInt());
    assertThat(image.height()).isEqualTo(golden.get("height").asInt());
    return new Tiles(golden.get("imageSize").asInt(), 1, golden.get("maxNum").asInt(), true)
        .of(image);
  }

  private static JsonNode images() throws IOException {
    return json("images.json").get("images");
  }

  private static JsonNode image(String file) throws IOException {
    for (JsonNode image : images()) {
      if (image.get("file").asString().equals(file)) {
        return image;
      }
    }
    throw new AssertionError(file);
  }

  private static List<String> strings(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(node -> values.add(node.asString()));
    return values;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode json(String name) throws IOException {
    return JsonMapper.shared().readTree(read(name));
  }

  private static byte[] read(String name) throws IOException {
    try (InputStream in = PreprocessFixturesTest.class.getResourceAsStream("/preprocess/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }
}
