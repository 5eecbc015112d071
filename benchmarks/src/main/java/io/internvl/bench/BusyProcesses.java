package io.internvl.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Other processes that each keep one processor busy. */
final class BusyProcesses implements AutoCloseable {
  private final List<Process> processes = new ArrayList<>();

  private BusyProcesses() {}

  /**
   * Starts the processes.
   *
   * @param count number of processes
   * @return a handle that ends them
   * @throws IOException when one cannot be started
   */
  static BusyProcesses start(int count) throws IOException {
    BusyProcesses started = new BusyProcesses();
    for (int i = 0; i < count; i++) {
      started.processes.add(new ProcessBuilder(ChildJvm.command(List.of("spin"))).start());
    }
    return started;
  }

  /** Returns the number of processes. */
  int count() {
    return processes.size();
  }

  @Override
  public void close() {
    processes.forEach(Process::destroy);
  }
}
