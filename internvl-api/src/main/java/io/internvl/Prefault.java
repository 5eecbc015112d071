package io.internvl;

import io.internvl.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads model files into the page cache on a thread of its own, in the order of the layers, so that
 * the first forward pass finds its weights in memory. Left out when they do not fit there: then the
 * end of a file would displace its beginning.
 */
final class Prefault implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Prefault.class.getName());
  private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
  private static final String AVAILABLE = "MemAvailable:";
  private static final int KIBIBYTE = 1024;

  private final Thread thread;
  private volatile boolean stopped;

  /**
   * Starts reading.
   *
   * @param files open files, not to be closed before this
   * @param progress hears of it on the reading thread
   */
  static Prefault start(List<GgufFile> files, ProgressListener progress) {
    Prefault prefault = new Prefault(files, progress);
    prefault.thread.start();
    return prefault;
  }

  private Prefault(List<GgufFile> files, ProgressListener progress) {
    thread =
        Thread.ofPlatform()
            .name("internvl-prefault")
            .daemon(true)
            .unstarted(() -> read(files, progress));
  }

  private void read(List<GgufFile> files, ProgressListener progress) {
    long total = files.stream().mapToLong(GgufFile::sizeBytes).sum();
    long available = availableBytes();
    if (total > available) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0} is not read ahead: {1} bytes, but {2} of memory are available",
          files.getFirst().path(),
          total,
          available);
      return;
    }
    long done = 0;
    for (GgufFile file : files) {
      long before = done;
      file.prefault(bytes -> {
        if (!stopped) {
          progress.update(ProgressListener.Stage.PREFAULT, before + bytes, total);
        }
        return !stopped;
      });
      done += file.sizeBytes();
      if (stopped) {
        return;
      }
    }
  }

  /** Memory the kernel could give away, page cache included; where unknown, more than enough. */
  private static long availableBytes() {
    try {
      for (String line : Files.readAllLines(MEMORY_INFO)) {
        if (line.startsWith(AVAILABLE)) {
          String number = line.substring(AVAILABLE.length()).replace("kB", "").strip();
          return Long.parseLong(number) * KIBIBYTE;
        }
      }
    } catch (IOException | NumberFormatException e) {
      LOG.log(System.Logger.Level.DEBUG, "no {0}: {1}", MEMORY_INFO, e);
    }
    return Long.MAX_VALUE;
  }

  /** Stops reading and waits until nothing is touched any more. Idempotent. */
  @Override
  public void close() {
    stopped = true;
    boolean interrupted = false;
    while (thread.isAlive() && thread != Thread.currentThread()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
