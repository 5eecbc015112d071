package io.internvl.bench;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code run} and {@code compare}: what is measured and how often. */
final class RunOptions {
  @Option(names = "--model", required = true, description = "Language model file.")
  Path model = Path.of("");

  @Option(names = "--mmproj", description = "Vision tower file; adds the image test.")
  @Nullable Path projector;

  @Option(names = "--threads", description = "Threads (default: one for each physical core).")
  int threads = KernelOptions.defaults().threads();

  @Option(
      names = "--prompt",
      split = ",",
      defaultValue = "512",
      description = "Prompt lengths, 0 for none (default: ${DEFAULT-VALUE}).")
  List<Integer> prompts = List.of();

  @Option(
      names = "--generate",
      defaultValue = "64",
      description = "Decoded tokens, 0 for none (default: ${DEFAULT-VALUE}).")
  int generate;

  @Option(
      names = "--depth",
      split = ",",
      defaultValue = "0",
      description = "Tokens in the cache before decoding (default: ${DEFAULT-VALUE}).")
  List<Integer> depths = List.of();

  @Option(
      names = "--batch",
      split = ",",
      defaultValue = "0",
      description =
          "Conversations that decode together, 0 for no such test (default: ${DEFAULT-VALUE}).")
  List<Integer> batches = List.of();

  @Option(
      names = "--repeat",
      defaultValue = "3",
      description = "Repetitions of each test (default: ${DEFAULT-VALUE}).")
  int repeat;

  @Option(
      names = "--warm-up",
      defaultValue = "4",
      description = "Seconds of warm-up before each test (default: ${DEFAULT-VALUE}).")
  double warmUpSeconds;

  @Option(
      names = "--busy",
      defaultValue = "0",
      description =
          "Decodes once more while this many other processes are busy (default: ${DEFAULT-VALUE}).")
  int busy;

  @Option(
      names = "--precision",
      defaultValue = "FAST",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Precision precision = Precision.FAST;

  @Option(names = "--pack", description = "Copies weights to the layout for decoding.")
  private boolean pack;

  @Option(
      names = "--pack-file",
      description = "Keeps these copies in a file, which is written unless it is there.")
  @Nullable Path packFile;

  /** Says whether weights are copied to the layout for decoding. */
  boolean packs() {
    return pack || packFile != null;
  }

  /** Returns the settings of the kernels. */
  KernelOptions kernels() {
    return KernelOptions.defaults().withThreads(threads).withPrecision(precision);
  }

  /** Returns the largest number of positions any test needs. */
  int positions() {
    int positions = 1;
    for (int prompt : prompts) {
      positions = Math.max(positions, prompt);
    }
    for (int depth : depths) {
      positions = Math.max(positions, depth + generate);
    }
    return positions;
  }

  /** Returns the same options as arguments of another process. */
  List<String> toArguments() {
    List<String> arguments = new ArrayList<>(List.of("--model", model.toString()));
    if (projector != null) {
      arguments.addAll(List.of("--mmproj", projector.toString()));
    }
    arguments.addAll(List.of("--threads", Integer.toString(threads)));
    arguments.addAll(List.of("--prompt", join(prompts)));
    arguments.addAll(List.of("--generate", Integer.toString(generate)));
    arguments.addAll(List.of("--depth", join(depths)));
    arguments.addAll(List.of("--batch", join(batches)));
    arguments.addAll(List.of("--repeat", Integer.toString(repeat)));
    arguments.addAll(List.of("--warm-up", Double.toString(warmUpSeconds)));
    arguments.addAll(List.of("--busy", Integer.toString(busy)));
    arguments.addAll(List.of("--precision", precision.name()));
    if (pack) {
      arguments.add("--pack");
    }
    if (packFile != null) {
      arguments.addAll(List.of("--pack-file", packFile.toString()));
    }
    return arguments;
  }

  static String join(List<Integer> values) {
    return String.join(",", values.stream().map(String::valueOf).toList());
  }
}
