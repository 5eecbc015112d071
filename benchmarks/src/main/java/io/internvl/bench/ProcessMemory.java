package io.internvl.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Reads how much memory a process has used at most. */
final class ProcessMemory {
  private static final String FIELD = "VmHWM:";

  private ProcessMemory() {}

  /**
   * Reads the peak resident memory of this process.
   *
   * @return bytes, mapped files included; empty where the system has no {@code /proc}
   */
  static OptionalLong peakBytes() {
    return peakBytes("self");
  }

  /**
   * Reads the peak resident memory of a process.
   *
   * @param process its number, or {@code self}
   * @return bytes; empty when the process is gone or the system has no {@code /proc}
   */
  static OptionalLong peakBytes(String process) {
    Path status = Path.of("/proc", process, "status");
    if (!Files.isReadable(status)) {
      return OptionalLong.empty();
    }
    try (var lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith(FIELD))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException | UncheckedIOException e) {
      return OptionalLong.empty();
    }
  }
}
