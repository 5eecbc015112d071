package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.WIDE;
import static io.internvl.core.kernel.VectorSupport.LANES;

/**
 * How tokens are divided into panels: wide ones, and one of a single vector if the rest fits into
 * it.
 */
final class PanelLayout {
  private int lanes;

  void divide(int tokens) {
    lanes = Panels.roundUp(tokens, LANES);
  }

  /** Returns the number of panels. */
  int count() {
    return Math.ceilDiv(lanes, WIDE);
  }

  /** Returns the number of lanes of a panel. */
  int width(int panel) {
    return Math.min(WIDE, lanes - panel * WIDE);
  }

  /** Returns the number of lanes before a panel, which is the index of its first token. */
  int firstToken(int panel) {
    return Math.min(panel * WIDE, lanes);
  }
}
