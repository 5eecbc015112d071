package io.internvl.core.sampling;

/**
 * Notices a model that has begun to write the same stretch of tokens over and over. Belongs to one
 * answer.
 */
public final class RepetitionGuard {
  private final int times;
  private final int[] recent; // (longest stretch), a ring
  private final int[] matches; // matches[p]: how many last tokens equal the one p before
  private int count;

  /**
   * Creates a guard.
   *
   * @param longest length of the longest stretch that is noticed, in tokens, at least 1
   * @param times how often a stretch must stand in a row, at least 2; 0 to notice nothing
   */
  public RepetitionGuard(int longest, int times) {
    this.times = times;
    recent = new int[longest];
    matches = new int[longest + 1];
  }

  /**
   * Notes a token.
   *
   * @param token token id
   * @return whether the text ends in a stretch that was repeated often enough
   */
  public boolean append(int token) {
    boolean repeats = false;
    for (int period = 1; period < matches.length && times > 0; period++) {
      boolean same = count >= period && recent[(count - period) % recent.length] == token;
      matches[period] = same ? matches[period] + 1 : 0;
      repeats |= matches[period] >= period * (times - 1);
    }
    recent[count % recent.length] = token;
    count++;
    return repeats;
  }
}
