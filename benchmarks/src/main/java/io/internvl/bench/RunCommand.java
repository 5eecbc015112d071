package io.internvl.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures one model. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Measures load, image encoding, prefill, decode and memory of a model.")
final class RunCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Option(
      names = "--format",
      defaultValue = "TABLE",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private ReportFormat format = ReportFormat.TABLE;

  @Option(names = "--out", description = "Also writes the report to this file.")
  private @Nullable Path file;

  @Override
  public Integer call() throws IOException {
    String text = format.print(new Run(options).measure());
    System.out.print(text);
    if (file != null) {
      Files.writeString(file, text);
    }
    return 0;
  }
}
