package io.internvl.core.kernel;

/**
 * How tokens are divided into panels: wide ones, and one or two narrow ones at the end when that
 * saves work.
 */
final class PanelLayout {
  private int wide;
  private int count;

  void divide(int tokens) {
    int rest = tokens % MicroKernels.WIDE;
    boolean narrow = rest > 0 && rest <= 2 * MicroKernels.NARROW;
    wide = tokens / MicroKernels.WIDE + (rest > 0 && !narrow ? 1 : 0);
    count = wide + (narrow ? Math.ceilDiv(rest, MicroKernels.NARROW) : 0);
  }

  /** Returns the number of panels. */
  int count() {
    return count;
  }

  boolean isWide(int panel) {
    return panel < wide;
  }

  /** Returns the number of lanes of a panel. */
  int width(int panel) {
    return panel < wide ? MicroKernels.WIDE : MicroKernels.NARROW;
  }

  /** Returns the number of lanes before a panel, which is the index of its first token. */
  int firstToken(int panel) {
    int narrow = Math.max(0, panel - wide);
    return Math.min(panel, wide) * MicroKernels.WIDE + narrow * MicroKernels.NARROW;
  }
}
