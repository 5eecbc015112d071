package io.internvl;

import io.internvl.vision.image.ImageDecoder;
import io.internvl.vision.image.ImageException;
import io.internvl.vision.image.Normalization;
import io.internvl.vision.image.RgbImage;
import io.internvl.vision.image.Tiles;
import io.internvl.vision.vit.VisionConfig;
import java.nio.file.Path;
import java.util.List;

/** Decodes an image, cuts it into tiles, and normalises those for a vision tower. */
final class ImagePreparation {
  private final VisionConfig config;
  private final Normalization normalization;

  ImagePreparation(VisionConfig config) {
    this.config = config;
    this.normalization = new Normalization(config.imageMean(), config.imageStd());
  }

  PreparedImage prepare(Image image) {
    List<RgbImage> tiles = tiles(image);
    return new PreparedImage(image, tiles, tiles.size());
  }

  /** Normalises the tiles of an image: (tiles, 3, tileSize, tileSize). */
  float[] pixels(PreparedImage image) {
    return normalization.apply(image.tiles());
  }

  List<RgbImage> tiles(Image image) {
    if (image.source() instanceof Image.Source.OfImages(List<Image> images)) {
      return images.stream().flatMap(each -> tiles(each).stream()).toList();
    }
    Image.Settings settings = image.settings();
    int maxTiles = settings.maxTiles() == 0 ? config.maxTiles() : settings.maxTiles();
    int minTiles = settings.minTiles() == 0 ? config.minTiles() : settings.minTiles();
    Tiles cutter =
        new Tiles(config.imageSize(), Math.min(minTiles, maxTiles), maxTiles, settings.thumbnail());
    try {
      return cutter.of(decode(image.source(), settings));
    } catch (ImageException e) {
      String name = name(image.source());
      String message = String.valueOf(e.getMessage());
      throw new ImageReadException(
          message.startsWith(name + ": ") ? message : name + ": " + message, e);
    }
  }

  private static String name(Image.Source source) {
    return switch (source) {
      case Image.Source.OfPath(Path path) -> path.toString();
      case Image.Source.OfBytes(byte[] bytes) -> "image of " + bytes.length + " bytes";
      case Image.Source.OfRgb(int width, int height, byte[] rgb) ->
          "image of " + width + "x" + height + " pixels";
      case Image.Source.OfImages images -> throw new IllegalStateException("not a single image");
      case Image.Source.OfEmbeddings rows -> throw new IllegalStateException("no pixels");
    };
  }

  private static RgbImage decode(Image.Source source, Image.Settings settings) {
    ImageDecoder decoder = new ImageDecoder(settings.maxPixels(), settings.upright());
    return switch (source) {
      case Image.Source.OfPath(Path path) -> decoder.decode(path);
      case Image.Source.OfBytes(byte[] bytes) -> decoder.decode(bytes, name(source));
      case Image.Source.OfRgb(int width, int height, byte[] rgb) ->
          new RgbImage(width, height, rgb);
      case Image.Source.OfImages images -> throw new IllegalStateException("not a single image");
      case Image.Source.OfEmbeddings rows -> throw new IllegalStateException("no pixels");
    };
  }
}
