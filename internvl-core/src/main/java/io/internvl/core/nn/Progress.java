package io.internvl.core.nn;

/** Hears how far a step of loading is. */
@FunctionalInterface
public interface Progress {
  /**
   * Tells of progress on the thread that started the step.
   *
   * @param done units finished
   * @param total units in all
   */
  void update(long done, long total);
}
