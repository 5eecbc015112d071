package io.internvl.bench;

import io.internvl.bench.synthetic.ModelShape;
import io.internvl.bench.synthetic.SyntheticModel;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes synthetic models. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = "Writes a model of a real InternVL3 shape with random weights.")
final class GenerateCommand implements Callable<Integer> {
  @Option(names = "--size", required = true, description = "1B, 2B, 8B, 9B, 14B, 38B or 78B.")
  private String size = "";

  @Option(
      names = "--type",
      split = ",",
      description =
          "Quantisation mixes such as Q4_K_M, IQ2_XXS or pure-IQ3_S; without it no language model"
              + " is written.")
  private List<String> types = List.of();

  @Option(
      names = "--mmproj",
      split = ",",
      description = "Types of vision towers to write: F32, F16, BF16, Q8_0.")
  private List<TensorType> projectorTypes = List.of();

  @Option(names = "--out", required = true, description = "Directory for the files.")
  private Path directory = Path.of(".");

  @Option(
      names = "--split",
      paramLabel = "GB",
      description = "Splits the language model into files of at most this many gigabytes.")
  private @Nullable Double splitGigabytes;

  @Option(names = "--layers", description = "Cuts the language model to this many layers.")
  private @Nullable Integer layers;

  @Option(names = "--vision-layers", description = "Cuts the vision tower to this many layers.")
  private @Nullable Integer visionLayers;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Equal seeds give equal files (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws IOException {
    ModelShape shape = ModelShape.of(size);
    List<TypeMix> mixes = types.stream().map(TypeMix::of).toList();
    for (TypeMix mix : mixes) {
      int count = layers == null ? shape.layers() : layers;
      if (splitGigabytes == null) {
        report(SyntheticModel.writeLanguageModel(directory, shape, count, mix, seed));
        continue;
      }
      long maxBytes = (long) (splitGigabytes * 1e9);
      for (Path part :
          SyntheticModel.writeSplitLanguageModel(directory, shape, count, mix, seed, maxBytes)) {
        report(part);
      }
    }
    for (TensorType type : projectorTypes) {
      int count = visionLayers == null ? shape.vision().layers() : visionLayers;
      report(SyntheticModel.writeProjector(directory, shape, count, type, seed));
    }
    return 0;
  }

  private static void report(Path file) throws IOException {
    System.out.printf("%s  %.2f GB%n", file, Files.size(file) * 1e-9);
  }
}
