package io.internvl;

/**
 * Hears how far a lengthy step is. Called on the thread that does the work; must return quickly,
 * and not use or close the session and model that it hears of. What it throws ends the step: the
 * caller gets the exception and the conversation is as it was before.
 */
@FunctionalInterface
public interface ProgressListener {
  /** The lengthy steps. */
  enum Stage {
    /** Opening files and binding weights, counted in files. */
    LOAD,
    /** Encoding weights to another type, while loading or writing a file; counted in weights. */
    QUANTISE,
    /** Copying weights to the layout for decoding while loading a file, counted in bytes. */
    PACK,
    /** Vision tower, counted in tiles. */
    VISION,
    /** Prompt evaluation, counted in positions. */
    PREFILL,
    /**
     * Reading the files into memory in the background, counted in bytes, on a thread of its own:
     * begins when loading has ended, and ends early when the model is closed.
     */
    PREFAULT
  }

  /**
   * Tells of progress. The last call of a step that was not broken off has {@code done == total}.
   *
   * @param stage the step
   * @param done units finished
   * @param total units in all
   */
  void update(Stage stage, long done, long total);
}
