package io.internvl.bench;

/** A load that drives one thread to one limit of the machine. */
interface Probe extends AutoCloseable {
  /**
   * Works for some tens of milliseconds.
   *
   * @return units of work done
   */
  double work();

  @Override
  default void close() {}
}
