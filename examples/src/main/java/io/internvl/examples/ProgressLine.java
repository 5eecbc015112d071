package io.internvl.examples;

import io.internvl.ProgressListener;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows progress on one line that is rewritten. */
final class ProgressLine implements ProgressListener {
  private final PrintWriter out;

  ProgressLine(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void update(Stage stage, long done, long total) {
    if (stage == Stage.PREFAULT) {
      return; // goes on in the background while the user is typing
    }
    out.print("\r" + stage.name().toLowerCase(Locale.ROOT) + " " + done + "/" + total + " ");
    if (done == total) {
      out.println();
    }
    out.flush();
  }
}
