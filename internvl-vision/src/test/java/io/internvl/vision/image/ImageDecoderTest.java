package io.internvl.vision.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every kind of image file against what Pillow's {@code convert("RGB")} makes of it; the files were
 * written by {@code generate.py} beside them.
 */
class ImageDecoderTest {
  private static final int CASES = 70;
  private static final int MAX_PIXELS = 1_000_000;

  /** A file and its golden pixels; lossy formats may differ by the tolerance. */
  record Case(String file, boolean upright, RgbImage golden, int tolerance) {
    RgbImage decode(byte[] bytes) {
      return new ImageDecoder(MAX_PIXELS, upright).decode(bytes, file);
    }

    boolean matches(RgbImage image) {
      return image.width() == golden.width()
          && image.height() == golden.height()
          && largestDifference(image, golden) <= tolerance;
    }

    @Override
    public String toString() {
      return file + (upright ? " upright" : "");
    }
  }

  static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (JsonNode node : JsonMapper.shared().readTree(read("cases.json"))) {
      byte[] rgb = Base64.getDecoder().decode(node.get("rgb").asString());
      RgbImage golden = new RgbImage(node.get("width").asInt(), node.get("height").asInt(), rgb);
      cases.add(
          new Case(
              node.get("file").asString(),
              node.get("upright").asBoolean(),
              golden,
              node.get("tolerance").asInt()));
    }
    assertThat(cases).hasSize(CASES);
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pixelsArePillows(Case golden) throws IOException {
    RgbImage image = golden.decode(read(golden.file));
    assertThat(image.width()).isEqualTo(golden.golden.width());
    assertThat(image.height()).isEqualTo(golden.golden.height());
    assertThat(largestDifference(image, golden.golden)).isLessThanOrEqualTo(golden.tolerance);
  }

  static int largestDifference(RgbImage one, RgbImage other) {
    int largest = 0;
    for (int i = 0; i < one.rgb().length; i++) {
      largest = Math.max(largest, Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF)));
    }
    return largest;
  }

  static byte[] read(String name) throws IOException {
    try (InputStream in = ImageDecoderTest.class.getResourceAsStream("/decode/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }
}
