package io.internvl.bench;

import io.internvl.InternVlException;
import io.internvl.gguf.GgufException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParseResult;

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
   * @param args command and options; {@code --help} lists them
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Bench())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(Bench::tell);
  }

  /** Says in a line what a user can mend; what nobody expected keeps its stack trace. */
  private static int tell(Exception problem, CommandLine command, ParseResult result)
      throws Exception {
    if (problem instanceof NoSuchFileException missing) {
      command.getErr().println(missing.getFile() + ": no such file");
    } else if (problem instanceof IOException
        || problem instanceof InternVlException
        || problem instanceof GgufException
        || problem instanceof IllegalArgumentException) {
      command.getErr().println(problem.getMessage());
    } else {
      throw problem;
    }
    return ExitCode.SOFTWARE;
  }
}
