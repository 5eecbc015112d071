package io.internvl.bench;

import java.util.function.Supplier;

/**
 * What the machine can do with a given number of threads.
 *
 * @param fmaFlops float32 operations a second when nothing but fused multiply-adds run (an FMA
 *     counts as two)
 * @param readBytes bytes a second when memory is only read, sequentially, in several streams
 */
public record Ceilings(double fmaFlops, double readBytes) {
  private static final int ROUNDS = 5;
  private static final long WARM_UP_NANOS = 700_000_000L;
  private static final long BUFFER_BYTES = 256L << 20;

  /**
   * Measures both limits, which takes about three seconds.
   *
   * @param threads number of threads
   * @return the best of several rounds
   */
  public static Ceilings measure(int threads) {
    return new Ceilings(
        best(threads, FmaProbe::new), best(threads, () -> new ReadProbe(BUFFER_BYTES)));
  }

  private static double best(int threads, Supplier<Probe> factory) {
    try (ProbeTeam team = new ProbeTeam(threads, factory)) {
      long start = System.nanoTime();
      do {
        team.round();
      } while (System.nanoTime() - start < WARM_UP_NANOS);
      double best = 0;
      for (int i = 0; i < ROUNDS; i++) {
        best = Math.max(best, team.round());
      }
      return best;
    }
  }
}
