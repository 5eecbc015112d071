package io.internvl;

import java.util.List;

/**
 * A token and how likely the model found it, before penalties, temperature and the like. Immutable.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="log-probabilities"}
 *
 * @param id token id
 * @param text the token's text; a part of a character shows as U+FFFD
 * @param logProbability natural logarithm of its probability, at most 0
 * @param alternatives the likeliest tokens at the same place, likeliest first, without alternatives
 *     of their own
 */
public record TokenProbability(
    int id, String text, double logProbability, List<TokenProbability> alternatives) {
  /** Copies the alternatives. */
  public TokenProbability {
    alternatives = List.copyOf(alternatives);
  }
}
