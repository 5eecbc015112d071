package io.internvl.vision.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoded images that an application hands over. */
class RasterColorsTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_INT_ARGB_PRE,
        BufferedImage.TYPE_4BYTE_ABGR_PRE,
      })
  void colorsAreTakenAsTheyAre(int type) {
    BufferedImage image = new BufferedImage(2, 1, type);
    image.setRGB(0, 0, 0xFF0A141E);
    image.setRGB(1, 0, 0xFFC86432);
    assertThat(RgbImage.of(image).rgb()).isEqualTo(new byte[] {10, 20, 30, (byte) 200, 100, 50});
  }

  @ParameterizedTest
  @ValueSource(ints = {BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_4BYTE_ABGR})
  void transparencyIsDropped(int type) {
    BufferedImage image = new BufferedImage(1, 1, type);
    image.setRGB(0, 0, 0x00C86432);
    assertThat(RgbImage.of(image).rgb()).isEqualTo(new byte[] {(byte) 200, 100, 50});
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "255, 255", "256, 255", "65535, 255"})
  void wideGrayIsClipped(int sample, int expected) {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, sample);
    byte value = (byte) expected;
    assertThat(RgbImage.of(image).rgb()).isEqualTo(new byte[] {value, value, value});
  }

  @Test
  void aPartOfALargerImageIsReadFromItsCorner() {
    BufferedImage image = new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB);
    image.setRGB(2, 1, 0x010203);
    assertThat(RgbImage.of(image.getSubimage(2, 1, 1, 1)).rgb()).isEqualTo(new byte[] {1, 2, 3});
  }
}
