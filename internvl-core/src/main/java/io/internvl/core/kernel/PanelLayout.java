package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.NARROW;
import static io.internvl.core.kernel.MicroKernels.WIDE;

/** How tokens are divided into panels: wide ones, and one that is as narrow as the rest allows. */
final class PanelLayout {
  private int lanes;

  void divide(int tokens) {
    lanes = Panels.roundUp(tokens, NARROW);
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
