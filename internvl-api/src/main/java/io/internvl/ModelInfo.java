package io.internvl;

/**
 * What a loaded model is.
 *
 * @param name its name in the file, or the file's name
 * @param architecture language-model architecture, such as {@code qwen2}
 * @param chatTemplate prompt format, such as {@code INTERNVL_2_5}
 * @param contextLength largest number of positions of a session
 * @param vision whether images can be read
 * @param tileSize side of an image tile in pixels, 0 without vision
 * @param tokensPerTile positions that a tile takes, 0 without vision
 * @param kernels how operations are executed
 * @param sizeBytes size of the files
 */
public record ModelInfo(
    String name,
    String architecture,
    String chatTemplate,
    int contextLength,
    boolean vision,
    int tileSize,
    int tokensPerTile,
    String kernels,
    long sizeBytes) {
  @Override
  public String toString() {
    return name
        + " ("
        + architecture
        + (vision ? " with vision, " : ", text only, ")
        + sizeBytes / 1_000_000
        + " MB, "
        + kernels
        + ")";
  }
}
