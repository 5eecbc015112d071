package io.internvl.bench.synthetic;

import java.util.Arrays;
import java.util.List;

/** The hyper-parameters of the InternVL3 language models. */
public enum ModelShape {
  /** InternVL3-1B: Qwen2.5-0.5B with an output matrix of its own. */
  B1("1B", "qwen2", 24, 896, 4864, 14, 2, 64, VisionShape.VIT_300M),
  /** InternVL3-2B: Qwen2.5-1.5B. */
  B2("2B", "qwen2", 28, 1536, 8960, 12, 2, 128, VisionShape.VIT_300M),
  /** InternVL3-8B: Qwen2.5-7B. */
  B8("8B", "qwen2", 28, 3584, 18944, 28, 4, 128, VisionShape.VIT_300M),
  /** InternVL3-9B: InternLM3-8B, which GGUF calls llama. */
  B9("9B", "llama", 48, 4096, 10240, 32, 2, 128, VisionShape.VIT_300M),
  /** InternVL3-14B: Qwen2.5-14B. */
  B14("14B", "qwen2", 48, 5120, 13824, 40, 8, 128, VisionShape.VIT_300M),
  /** InternVL3-38B: Qwen2.5-32B. */
  B38("38B", "qwen2", 64, 5120, 27648, 40, 8, 128, VisionShape.VIT_6B),
  /** InternVL3-78B: Qwen2.5-72B. */
  B78("78B", "qwen2", 80, 8192, 29568, 64, 8, 128, VisionShape.VIT_6B);

  private final String label;
  private final String architecture;
  private final int layers;
  private final int hidden;
  private final int feedForward;
  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final VisionShape vision;

  ModelShape(
      String label,
      String architecture,
      int layers,
      int hidden,
      int feedForward,
      int heads,
      int kvHeads,
      int headDim,
      VisionShape vision) {
    this.label = label;
    this.architecture = architecture;
    this.layers = layers;
    this.hidden = hidden;
    this.feedForward = feedForward;
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.vision = vision;
  }

  /**
   * Finds a shape by the size in the model's name.
   *
   * @param label such as {@code 1B}, in any case
   * @return the shape
   * @throws IllegalArgumentException when there is none
   */
  public static ModelShape of(String label) {
    return Arrays.stream(values())
        .filter(shape -> shape.label.equalsIgnoreCase(label))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("size '" + label + "' is not one of " + labels()));
  }

  /**
   * Returns the known sizes.
   *
   * @return labels, smallest first
   */
  public static List<String> labels() {
    return Arrays.stream(values()).map(ModelShape::label).toList();
  }

  /**
   * Returns the size in the model's name.
   *
   * @return such as {@code 1B}
   */
  public String label() {
    return label;
  }

  /**
   * Returns GGUF's name of the architecture.
   *
   * @return {@code qwen2} or {@code llama}
   */
  public String architecture() {
    return architecture;
  }

  /**
   * Says whether query, key and value projections have a bias.
   *
   * @return true for qwen2
   */
  public boolean attentionBias() {
    return architecture.equals("qwen2");
  }

  /**
   * Returns the number of decoder layers.
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
   * Returns the number of query heads.
   *
   * @return heads
   */
  public int heads() {
    return heads;
  }

  /**
   * Returns the number of key/value heads.
   *
   * @return heads
   */
  public int kvHeads() {
    return kvHeads;
  }

  /**
   * Returns the size of one head.
   *
   * @return elements
   */
  public int headDim() {
    return headDim;
  }

  /**
   * Returns the number of token ids.
   *
   * @return rows of the embedding and of the output matrix
   */
  public int vocabulary() {
    return attentionBias() ? 151_674 : 128_512;
  }

  /**
   * Returns the base of the rotary embedding's wave lengths.
   *
   * @return theta
   */
  public float ropeBase() {
    return attentionBias() ? 1e6f : 5e7f;
  }

  /**
   * Returns the epsilon of the RMS norms.
   *
   * @return epsilon
   */
  public float rmsEpsilon() {
    return attentionBias() ? 1e-6f : 1e-5f;
  }

  /**
   * Returns the vision tower this size comes with.
   *
   * @return the tower
   */
  public VisionShape vision() {
    return vision;
  }
}
