package io.internvl;

import java.time.Duration;

/** Adds up where the time of a turn goes. */
final class Stopwatch {
  private long started;
  private long preprocess;
  private long vision;
  private long prefill;
  private long decode;

  void start() {
    started = System.nanoTime();
  }

  private long elapsed() {
    return System.nanoTime() - started;
  }

  void preprocess() {
    preprocess += elapsed();
  }

  void vision() {
    vision += elapsed();
  }

  void prefill() {
    prefill += elapsed();
  }

  void decode() {
    decode += elapsed();
  }

  Timings timings() {
    return new Timings(
        Duration.ofNanos(preprocess),
        Duration.ofNanos(vision),
        Duration.ofNanos(prefill),
        Duration.ofNanos(decode));
  }
}
