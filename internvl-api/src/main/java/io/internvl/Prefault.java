package io.internvl;

import io.internvl.core.nn.WeightPacker;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  private static final long STRETCH = 16L << 20;

  private final List<GgufFile> files;
  private final @Nullable WeightPacker packer;
  private final ProgressListener progress;
  private final Thread thread;
  private volatile boolean stopped;

  /**
   * Starts reading.
   *
   * @param files open files, not to be closed before this
   * @param packer made copies of tensors, which are then read instead; null for none
   * @param progress hears of it on the reading thread
   */
  static Prefault start(
      List<GgufFile> files, @Nullable WeightPacker packer, ProgressListener progress) {
    Prefault prefault = new Prefault(files, packer, progress);
    prefault.thread.start();
    return prefault;
  }

  private Prefault(List<GgufFile> files, @Nullable WeightPacker packer, ProgressListener progress) {
    this.files = files;
    this.packer = packer;
    this.progress = progress;
    thread = Thread.ofPlatform().name("internvl-prefault").daemon(true).unstarted(this::read);
  }

  private void read() {
    MemorySegment copies = packer == null ? MemorySegment.NULL : packer.mapped();
    long total = copies.byteSize();
    for (GgufFile file : files) {
      total += file.sizeBytes();
      for (GgufTensor tensor : file.tensors()) {
        total -= wanted(tensor) ? 0 : tensor.data().byteSize();
      }
    }
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
    Reading reading = new Reading(total);
    for (GgufFile file : files) {
      file.prefault(this::wanted, reading::at);
      if (stopped) {
        return;
      }
      reading.next();
    }
    for (long at = 0; at < copies.byteSize() && !stopped; at += STRETCH) {
      long bytes = Math.min(STRETCH, copies.byteSize() - at);
      copies.asSlice(at, bytes).load();
      reading.at(at + bytes);
    }
  }

  private boolean wanted(GgufTensor tensor) {
    return packer == null || !packer.replaces(tensor);
  }

  /** How far reading is. */
  private final class Reading {
    private final long total;
    private long before;
    private long done;

    Reading(long total) {
      this.total = total;
    }

    /** Tells how many bytes of the present file are done; answers whether to go on. */
    boolean at(long bytes) {
      if (!stopped) {
        done = before + bytes;
        progress.update(ProgressListener.Stage.PREFAULT, done, total);
      }
      return !stopped;
    }

    void next() {
      before = done;
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
