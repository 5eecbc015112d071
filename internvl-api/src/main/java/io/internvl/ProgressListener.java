package io.internvl;

/**
 * Hears how far a lengthy step is. Called on the thread that does the work; must return quickly and
 * not throw.
 */
@FunctionalInterface
public interface ProgressListener {
  /** The lengthy steps. */
  enum Stage {
    /** Opening files and binding weights, counted in files. */
    LOAD,
    /** Vision tower, counted in tiles. */
    VISION,
    /** Prompt evaluation, counted in positions. */
    PREFILL
  }

  /**
   * Tells of progress. The last call of a step has {@code done == total}.
   *
   * @param stage the step
   * @param done units finished
   * @param total units in all
   */
  void update(Stage stage, long done, long total);
}
