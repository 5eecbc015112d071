package io.internvl.vision.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
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

  /** As Pillow: wide-gamut photos of phones keep their numbers, unfit profiles do no harm. */
  @ParameterizedTest
  @ValueSource(ints = {ColorSpace.CS_LINEAR_RGB, ColorSpace.CS_PYCC, ColorSpace.CS_GRAY})
  void colourProfilesOfJpegsAreIgnored(int colorSpace) throws IOException {
    byte[] plain = read("jpeg-444.jpg");
    byte[] profile = ICC_Profile.getInstance(colorSpace).getData();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(plain, 0, 2);
    int most = 65_000;
    int parts = Math.ceilDiv(profile.length, most);
    for (int part = 0; part < parts; part++) {
      byte[] piece =
          Arrays.copyOfRange(profile, part * most, Math.min(profile.length, (part + 1) * most));
      file.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xE2});
      file.writeBytes(ByteBuffer.allocate(2).putShort((short) (piece.length + 16)).array());
      file.writeBytes("ICC_PROFILE\0".getBytes(StandardCharsets.ISO_8859_1));
      file.writeBytes(new byte[] {(byte) (part + 1), (byte) parts});
      file.writeBytes(piece);
    }
    file.write(plain, 2, plain.length - 2);
    ImageDecoder decoder = new ImageDecoder(1_000_000, true);
    RgbImage expected = decoder.decode(plain, "plain.jpg");
    RgbImage decoded = decoder.decode(file.toByteArray(), "profile.jpg");
    assertThat(decoded.rgb()).isEqualTo(expected.rgb());
  }
}
