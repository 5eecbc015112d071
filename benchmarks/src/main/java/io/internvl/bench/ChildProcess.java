package io.internvl.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs another program to its end. */
final class ChildProcess {
  private static final long POLL_MILLIS = 100;
  private static final int QUOTED_CHARACTERS = 2000;

  private ChildProcess() {}

  /**
   * What a program left behind.
   *
   * @param output its standard output
   * @param errors its standard error
   * @param peakBytes its peak resident memory, 0 when unknown
   */
  record Result(String output, String errors, long peakBytes) {}

  /**
   * Runs a program.
   *
   * @param command program and arguments
   * @return its output
   * @throws IOException when it cannot be started or ends with an error
   * @throws InterruptedException when this thread is interrupted; the program is ended then
   */
  static Result run(List<String> command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("bench", ".out");
    Path errors = Files.createTempFile("bench", ".err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      process.getOutputStream().close();
      long peak = 0;
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        peak = Math.max(peak, ProcessMemory.peakBytes(Long.toString(process.pid())).orElse(0));
      }
      Result result = new Result(read(output), read(errors), peak);
      if (process.exitValue() != 0) {
        throw new IOException(
            String.join(" ", command)
                + " ended with status "
                + process.exitValue()
                + ": "
                + tail(result.errors()));
      }
      return result;
    } finally {
      process.destroy();
      Files.delete(output);
      Files.delete(errors);
    }
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - QUOTED_CHARACTERS));
  }
}
