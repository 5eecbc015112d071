package io.internvl.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The bench command: {@code java --add-modules jdk.incubator.vector -jar benchmarks.jar <command>}.
 */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures models and kernels beside the limits of the machine.",
    subcommands = {
      GenerateCommand.class,
      RunCommand.class,
      CompareCommand.class,
      AccuracyCommand.class,
      SpinCommand.class,
      JmhCommand.class
    })
public final class Bench {
  private Bench() {}

  /**
   * Runs a command.
   *
   * @param args command and options; {@code help} lists them
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Bench())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true);
  }
}
