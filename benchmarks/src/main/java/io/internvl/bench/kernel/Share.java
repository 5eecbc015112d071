package io.internvl.bench.kernel;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Reports work a second and its share of a limit beside each throughput figure. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Share {
  /** 10^9 units of work: with JMH's division by time, GFLOP/s or GB/s. */
  public double giga;

  /** Hundredths of a second that the work takes at the limit: divided by time, percent of it. */
  public double percentOfCeiling;

  /**
   * Counts work that was done.
   *
   * @param work float operations or bytes
   * @param ceiling how many of them the machine does in a second, 0 when unknown
   */
  void add(double work, double ceiling) {
    giga += work * 1e-9;
    percentOfCeiling += ceiling == 0 ? 0 : 100 * work / ceiling;
  }
}
