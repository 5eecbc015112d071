package io.internvl.vision.vit;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;

/**
 * Sizes and constants of a vision tower and its projector.
 *
 * @param layers number of transformer layers
 * @param hiddenSize width of the residual stream
 * @param intermediateSize feed-forward size
 * @param heads attention heads
 * @param imageSize side of a tile in pixels
 * @param patchSize side of a patch in pixels
 * @param layerNormEps added to the variance (or mean square) in every norm
 * @param unshuffleFactor side of the square of patches that becomes one token
 * @param projectionSize hidden size of the language model
 * @param imageMean mean of the red, green and blue training pixels, of values 0..1
 * @param imageStd their standard deviation
 * @param minTiles smallest number of tiles of an image
 * @param maxTiles largest number of tiles of an image, without the thumbnail
 */
public record VisionConfig(
    int layers,
    int hiddenSize,
    int intermediateSize,
    int heads,
    int imageSize,
    int patchSize,
    float layerNormEps,
    int unshuffleFactor,
    int projectionSize,
    float[] imageMean,
    float[] imageStd,
    int minTiles,
    int maxTiles) {

  private static final int MAX_LAYERS = 1024;
  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_PIXELS = 1 << 12;
  private static final int MAX_TILES = 40;
  private static final int DEFAULT_MAX_TILES = 12;

  /**
   * Reads the configuration of an mmproj file.
   *
   * @param metadata the file's metadata
   * @return the configuration
   * @throws GgufException when the file is no InternVL vision file, or a key is missing or out of
   *     range
   */
  public static VisionConfig from(GgufMetadata metadata) {
    requireInternVl(metadata);
    String prefix = "clip.vision.";
    int hidden = bounded(metadata, prefix + "embedding_length", MAX_WIDTH);
    int heads = bounded(metadata, prefix + "attention.head_count", MAX_WIDTH);
    int image = bounded(metadata, prefix + "image_size", MAX_PIXELS);
    int patch = bounded(metadata, prefix + "patch_size", MAX_PIXELS);
    int factor = metadata.int32(prefix + "projector.scale_factor", 2);
    if (hidden % heads != 0) {
      throw new GgufException(
          prefix + "attention.head_count is " + heads + ", must divide " + hidden);
    }
    if (image % patch != 0 || factor < 1 || image / patch % factor != 0) {
      throw new GgufException(
          prefix
              + "image_size "
              + image
              + " is not a multiple of patch_size "
              + patch
              + " times projector.scale_factor "
              + factor);
    }
    int minTiles = metadata.int32(prefix + "preproc_min_tiles", 1);
    int maxTiles = metadata.int32(prefix + "preproc_max_tiles", DEFAULT_MAX_TILES);
    if (minTiles < 1 || maxTiles < minTiles || maxTiles > MAX_TILES) {
      throw new GgufException(
          prefix
              + "preproc_min_tiles "
              + minTiles
              + " and preproc_max_tiles "
              + maxTiles
              + ", expected 1 <= min <= max <= "
              + MAX_TILES);
    }
    return new VisionConfig(
        bounded(metadata, prefix + "block_count", MAX_LAYERS),
        hidden,
        bounded(metadata, prefix + "feed_forward_length", MAX_WIDTH),
        heads,
        image,
        patch,
        metadata.float32(prefix + "attention.layer_norm_epsilon", 1e-6f),
        factor,
        bounded(metadata, prefix + "projection_dim", MAX_WIDTH),
        channels(metadata, prefix + "image_mean"),
        deviations(metadata, prefix + "image_std"),
        minTiles,
        maxTiles);
  }

  private static void requireInternVl(GgufMetadata metadata) {
    String architecture = metadata.string("general.architecture");
    if (!architecture.equals("clip")) {
      throw new GgufException(
          "general.architecture is '"
              + architecture
              + "', expected 'clip': this is not a vision file (mmproj)");
    }
    String key =
        metadata.has("clip.projector_type") ? "clip.projector_type" : "clip.vision.projector_type";
    String projector = metadata.string(key);
    if (!projector.equals("internvl")) {
      throw new GgufException(key + " is '" + projector + "', supported is 'internvl'");
    }
    if (!metadata.bool("clip.use_gelu", true) || metadata.bool("clip.use_silu", false)) {
      throw new GgufException("clip.use_gelu is not set; InternViT needs GELU");
    }
  }

  private static float[] channels(GgufMetadata metadata, String key) {
    float[] values = metadata.floats(key);
    if (values.length != 3) {
      throw new GgufException(key + " has " + values.length + " values, expected 3");
    }
    return values;
  }

  private static float[] deviations(GgufMetadata metadata, String key) {
    float[] values = channels(metadata, key);
    for (float value : values) {
      if (!(value > 0)) {
        throw new GgufException(key + " contains " + value + ", expected positive numbers");
      }
    }
    return values;
  }

  private static int bounded(GgufMetadata metadata, String key, int max) {
    int value = metadata.int32(key);
    if (value < 1 || value > max) {
      throw new GgufException(key + " is " + value + ", expected 1 to " + max);
    }
    return value;
  }

  /**
   * Returns the number of patches along a side of a tile.
   *
   * @return patches
   */
  public int gridSize() {
    return imageSize / patchSize;
  }

  /**
   * Returns the number of rows the tower works on for one tile: the class token and the patches.
   *
   * @return rows
   */
  public int rowsPerTile() {
    return gridSize() * gridSize() + 1;
  }

  /**
   * Returns the number of language-model embeddings of one tile.
   *
   * @return tokens, 256 for InternVL3
   */
  public int tokensPerTile() {
    int side = gridSize() / unshuffleFactor;
    return side * side;
  }
}
