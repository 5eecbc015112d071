package io.internvl.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Keeps one processor busy, to see how decoding shares the machine. */
@Command(
    name = "spin",
    hidden = true,
    description = "Keeps one processor busy until standard input ends.")
final class SpinCommand implements Callable<Integer> {
  private static volatile boolean ended;

  @Override
  public Integer call() throws IOException {
    Thread.ofPlatform().daemon().start(SpinCommand::waitForEnd);
    long value = 1;
    while (!ended) {
      value = value * 6_364_136_223_846_793_005L + 1;
    }
    return value == 0 ? 1 : 0;
  }

  private static void waitForEnd() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      ended = true;
    }
  }
}
