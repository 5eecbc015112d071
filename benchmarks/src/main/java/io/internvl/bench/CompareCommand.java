package io.internvl.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** Measures this library and llama.cpp in turns. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description =
        "Runs this library and llama.cpp on the same files in turns, each in a process of its own,"
            + " and prints the ratios of the medians.")
final class CompareCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Option(names = "--llama-bench", required = true, description = "Path of llama-bench.")
  private Path llamaBench = Path.of("");

  @Option(names = "--llama-mtmd-cli", description = "Path of llama-mtmd-cli, for the image test.")
  private @Nullable Path llamaMtmdCli;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "Turns of each side (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--format",
      defaultValue = "TABLE",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private ReportFormat format = ReportFormat.TABLE;

  @Option(names = "--out", description = "Also writes the result to this file.")
  private @Nullable Path file;

  @Override
  public Integer call() throws IOException, InterruptedException {
    LlamaCpp theirs = new LlamaCpp(llamaBench, llamaMtmdCli, options);
    List<Report> ourReports = new ArrayList<>();
    List<Measurement> theirMeasurements = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      System.err.printf("round %d of %d: this library%n", round, rounds);
      ourReports.add(runOurs());
      System.err.printf("round %d of %d: llama.cpp%n", round, rounds);
      theirMeasurements.addAll(theirs.measure());
    }
    String text = Comparison.of(ourReports, theirMeasurements).print(format);
    System.out.print(text);
    if (file != null) {
      Files.writeString(file, text);
    }
    return 0;
  }

  private Report runOurs() throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("run", "--format", "JSON"));
    arguments.addAll(options.toArguments());
    ChildProcess.Result result = ChildProcess.run(ChildJvm.command(arguments));
    return JsonMapper.shared().readValue(result.output(), Report.class);
  }
}
