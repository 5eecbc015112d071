package io.internvl.bench.synthetic;

/** The hyper-parameters of the InternViT towers. */
public enum VisionShape {
  /** InternViT-300M-448px-V2_5: LayerNorm, biases everywhere. */
  VIT_300M(24, 1024, 4096, 16),
  /** InternViT-6B-448px-V2_5: RMSNorm, normalised queries and keys, no bias on them. */
  VIT_6B(45, 3200, 12_800, 25);

  /** Width and height of a tile in pixels. */
  static final int TILE_PIXELS = 448;

  /** Width and height of a patch in pixels. */
  static final int PATCH_PIXELS = 14;

  /** Rows of the position embedding: one a patch and one for the class token. */
  static final int POSITIONS = (TILE_PIXELS / PATCH_PIXELS) * (TILE_PIXELS / PATCH_PIXELS) + 1;

  private final int layers;
  private final int hidden;
  private final int feedForward;
  private final int heads;

  VisionShape(int layers, int hidden, int feedForward, int heads) {
    this.layers = layers;
    this.hidden = hidden;
    this.feedForward = feedForward;
    this.heads = heads;
  }

  /**
   * Returns the number of encoder layers.
   *
   * @return layers
   */
  public int layers() {
    return layers;
  }

  /**
   * Returns the width of the residual stream.
   *
   * @return elements
   */
  public int hidden() {
    return hidden;
  }

  /**
   * Returns the inner width of the feed-forward layers.
   *
   * @return elements
   */
  public int feedForward() {
    return feedForward;
  }

  /**
   * Returns the number of attention heads.
   *
   * @return heads
   */
  public int heads() {
    return heads;
  }

  /**
   * Says which variant of the encoder layer it is.
   *
   * @return true for RMSNorm with normalised queries and keys, false for LayerNorm with biases
   */
  public boolean rmsNorm() {
    return this == VIT_6B;
  }
}
