package io.internvl.bench;

import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Supplier;

/** Runs one probe a thread in rounds that start together. */
final class ProbeTeam implements AutoCloseable {
  private final CyclicBarrier barrier;
  private final Thread[] threads;
  private final double[] work;
  private final long[] starts;
  private final long[] ends;
  private volatile boolean stopped;

  ProbeTeam(int threads, Supplier<Probe> factory) {
    this.barrier = new CyclicBarrier(threads + 1);
    this.work = new double[threads];
    this.starts = new long[threads];
    this.ends = new long[threads];
    this.threads = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      int index = i;
      this.threads[i] = Thread.ofPlatform().daemon().start(() -> serve(index, factory));
    }
  }

  /**
   * Runs one round.
   *
   * @return units of work of all threads, per second
   */
  double round() {
    await();
    await();
    double sum = 0;
    for (double part : work) {
      sum += part;
    }
    long nanos =
        Arrays.stream(ends).max().orElseThrow() - Arrays.stream(starts).min().orElseThrow();
    return sum / (nanos * 1e-9);
  }

  @Override
  public void close() {
    stopped = true;
    await();
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void serve(int index, Supplier<Probe> factory) {
    try (Probe probe = factory.get()) {
      while (true) {
        await();
        if (stopped) {
          return;
        }
        starts[index] = System.nanoTime();
        work[index] = probe.work();
        ends[index] = System.nanoTime();
        await();
      }
    }
  }

  private void await() {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException("the measurement of the machine's limits was stopped", e);
    }
  }
}
