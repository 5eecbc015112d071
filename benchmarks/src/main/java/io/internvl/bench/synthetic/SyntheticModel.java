package io.internvl.bench.synthetic;

import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes models with the shapes of the InternVL3 family and random weights.
 *
 * <p>Files are what a quantisation tool would write, down to the type of each tensor, so that they
 * cost the same time and memory; what they say has no meaning. Equal arguments give equal files.
 * Thread-safe.
 */
public final class SyntheticModel {
  private SyntheticModel() {}

  /**
   * Writes a language model.
   *
   * @param directory receives the file, created when absent
   * @param shape size of the model
   * @param layers number of decoder layers, 1 to {@code shape.layers()}
   * @param mix types of the matrices
   * @param seed equal seeds give equal files
   * @return the file
   * @throws IOException when writing fails
   */
  public static Path writeLanguageModel(
      Path directory, ModelShape shape, int layers, TypeMix mix, long seed) throws IOException {
    Path file = directory.resolve(languageModelName(directory, shape, layers, mix) + ".gguf");
    new LanguageModelFile(shape, layers, mix, seed).writer().writeTo(file);
    return file;
  }

  /**
   * Writes a language model split over several files, as hubs demand of very large ones.
   *
   * @param directory receives the files, created when absent
   * @param shape size of the model
   * @param layers number of decoder layers, 1 to {@code shape.layers()}
   * @param mix types of the matrices
   * @param seed equal seeds give equal files
   * @param maxBytes limit for each file; a tensor that is larger gets a file of its own
   * @return the files in order
   * @throws IOException when writing fails
   */
  public static List<Path> writeSplitLanguageModel(
      Path directory, ModelShape shape, int layers, TypeMix mix, long seed, long maxBytes)
      throws IOException {
    String prefix = languageModelName(directory, shape, layers, mix);
    return new LanguageModelFile(shape, layers, mix, seed)
        .writer()
        .writeSplit(directory, prefix, maxBytes);
  }

  private static String languageModelName(Path directory, ModelShape shape, int layers, TypeMix mix)
      throws IOException {
    checkLayers(layers, shape.layers());
    Files.createDirectories(directory);
    String cut = layers == shape.layers() ? "" : "-" + layers + "L";
    return "InternVL3-" + shape.label() + "-synthetic" + cut + "-" + mix.name();
  }

  /**
   * Writes the vision tower and projector of a language model.
   *
   * @param directory receives the file, created when absent
   * @param shape size of the language model
   * @param layers number of encoder layers, 1 to {@code shape.vision().layers()}
   * @param type type of the matrices: F32, F16, BF16 or Q8_0
   * @param seed equal seeds give equal files
   * @return the file
   * @throws IOException when writing fails
   */
  public static Path writeProjector(
      Path directory, ModelShape shape, int layers, TensorType type, long seed) throws IOException {
    checkLayers(layers, shape.vision().layers());
    Files.createDirectories(directory);
    String cut = layers == shape.vision().layers() ? "" : "-" + layers + "L";
    Path file =
        directory.resolve(
            "mmproj-InternVL3-" + shape.label() + "-synthetic" + cut + "-" + type + ".gguf");
    new ProjectorFile(shape, layers, type, seed).writeTo(file);
    return file;
  }

  private static void checkLayers(int layers, int limit) {
    if (layers < 1 || layers > limit) {
      throw new IllegalArgumentException(layers + " layers, expected 1 to " + limit);
    }
  }
}
