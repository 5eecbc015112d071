package io.internvl.core.sampling;

import java.util.List;

/**
 * Ends streamed text before the first of several strings, also where one is spread over pieces.
 * Text that may be the beginning of a stop string is held back. Belongs to one answer.
 */
public final class StopStrings {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  /**
   * Creates a matcher.
   *
   * @param stops strings, none empty; may be none
   */
  public StopStrings(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /**
   * Adds text.
   *
   * @param piece the next piece
   * @return text that is safe to show
   */
  public String append(String piece) {
    if (stopped) {
      return "";
    }
    held.append(piece);
    int end = firstStop();
    if (end >= 0) {
      stopped = true;
      return take(end);
    }
    return take(held.length() - longestPrefixAtEnd());
  }

  /**
   * Ends the text.
   *
   * @return what was held back, nothing after a stop string
   */
  public String flush() {
    return stopped ? "" : take(held.length());
  }

  /**
   * Says whether a stop string appeared.
   *
   * @return true from then on
   */
  public boolean stopped() {
    return stopped;
  }

  private String take(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }

  private int firstStop() {
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      first = at >= 0 && (first < 0 || at < first) ? at : first;
    }
    return first;
  }

  private int longestPrefixAtEnd() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
