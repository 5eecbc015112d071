package io.internvl.core.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** What the choice of threads and kernels depends on. */
final class Processors {
  private static final Path LINUX_TOPOLOGY = Path.of("/sys/devices/system/cpu");
  private static final Path LINUX_PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Set<String> FAST_SUBNORMALS = Set.of("AuthenticAMD", "HygonGenuine");

  private Processors() {}

  /**
   * Returns whether subnormal float32 numbers are multiplied about as fast as others. They are on
   * AMD's processors (measured on Zen 3); on Intel's each vector with one takes some 50 ns (Emerald
   * Rapids). Others were not measured.
   */
  static boolean fastSubnormals() {
    String windows = Objects.requireNonNullElse(System.getenv("PROCESSOR_IDENTIFIER"), "");
    return fastSubnormals(LINUX_PROCESSORS, windows);
  }

  static boolean fastSubnormals(Path processors, String identifier) {
    if (FAST_SUBNORMALS.stream().anyMatch(identifier::contains)) {
      return true;
    }
    if (!Files.isReadable(processors)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(processors)) {
      return lines
          .filter(line -> line.startsWith("vendor_id"))
          .findFirst()
          .filter(line -> FAST_SUBNORMALS.stream().anyMatch(line::endsWith))
          .isPresent();
    } catch (IOException | UncheckedIOException unreadable) {
      return false;
    }
  }

  /**
   * Returns the number of physical cores, at most the processors this process may use. Two hardware
   * threads of one core share its arithmetic units.
   */
  static int physicalCores() {
    return physicalCores(LINUX_TOPOLOGY, Runtime.getRuntime().availableProcessors());
  }

  static int physicalCores(Path topology, int available) {
    Set<String> cores = new HashSet<>();
    for (int cpu = 0; ; cpu++) {
      Path siblings = topology.resolve("cpu" + cpu + "/topology/thread_siblings_list");
      if (!Files.isReadable(siblings)) {
        break;
      }
      try {
        cores.add(Files.readString(siblings).strip());
      } catch (IOException unreadable) {
        return available; // the files come and go with processors; the JVM's count is always right
      }
    }
    return cores.isEmpty() ? available : Math.min(cores.size(), available);
  }
}
