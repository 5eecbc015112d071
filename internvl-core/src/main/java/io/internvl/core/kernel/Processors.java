package io.internvl.core.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Counts cores: two hardware threads of one core share its arithmetic units. */
final class Processors {
  private static final Path LINUX_TOPOLOGY = Path.of("/sys/devices/system/cpu");

  private Processors() {}

  /** Returns the number of physical cores, at most the processors this process may use. */
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
