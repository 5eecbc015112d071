package io.internvl.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Starts this program once more. */
final class ChildJvm {
  private ChildJvm() {}

  /**
   * Builds the command line of a child.
   *
   * @param arguments arguments of {@link Bench}
   * @return the same JVM with the same options and class path
   */
  static List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Bench.class.getName()));
    command.addAll(arguments);
    return command;
  }
}
