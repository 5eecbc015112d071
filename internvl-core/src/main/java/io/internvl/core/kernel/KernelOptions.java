package io.internvl.core.kernel;

/**
 * How operations are executed.
 *
 * @param threads number of threads that work on one operation, the caller included; at least 1
 * @param precision how quantised weights are multiplied
 */
public record KernelOptions(int threads, Precision precision) {
  /**
   * Checks the number of threads.
   *
   * @throws IllegalArgumentException when it is below 1
   */
  public KernelOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads = " + threads + ", expected at least 1");
    }
  }

  /**
   * Returns the defaults: one thread for each physical core, {@link Precision#FAST}.
   *
   * @return the defaults on this machine
   */
  public static KernelOptions defaults() {
    return new KernelOptions(Processors.physicalCores(), Precision.FAST);
  }

  /**
   * Returns a copy with another number of threads.
   *
   * @param newThreads at least 1
   * @return the copy
   */
  public KernelOptions withThreads(int newThreads) {
    return new KernelOptions(newThreads, precision);
  }

  /**
   * Returns a copy with another precision.
   *
   * @param newPrecision how quantised weights are multiplied
   * @return the copy
   */
  public KernelOptions withPrecision(Precision newPrecision) {
    return new KernelOptions(threads, newPrecision);
  }
}
