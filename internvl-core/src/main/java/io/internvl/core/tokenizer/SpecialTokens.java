package io.internvl.core.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Cuts written-out special tokens from text: the longest token first, everywhere in the text, then
 * the next longest in what is left.
 */
final class SpecialTokens {
  private record Special(String text, int id) {}

  private sealed interface Piece {}

  private record Raw(String text) implements Piece {}

  private record Found(int id) implements Piece {}

  private final List<Special> trusted = new ArrayList<>();
  private final List<Special> harmless = new ArrayList<>();

  SpecialTokens(Vocabulary vocabulary) {
    for (int id = 0; id < vocabulary.size(); id++) {
      int type = vocabulary.type(id);
      String text = vocabulary.text(id);
      if (text.isEmpty()) {
        continue;
      }
      if (type == Vocabulary.USER_DEFINED) {
        harmless.add(new Special(text, id));
      }
      if (type == Vocabulary.USER_DEFINED
          || type == Vocabulary.CONTROL
          || type == Vocabulary.UNKNOWN) {
        trusted.add(new Special(text, id));
      }
    }
    Comparator<Special> longestFirst =
        Comparator.comparingInt((Special special) -> -special.text.length());
    trusted.sort(longestFirst);
    harmless.sort(longestFirst);
  }

  /**
   * Visits text and special tokens in order.
   *
   * @param text the whole text
   * @param control whether control tokens are cut, or only those that stand for text
   * @param onText called for text between
   * @param onToken called for ids
   */
  void split(String text, boolean control, Consumer<String> onText, IntConsumer onToken) {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Raw(text));
    for (Special special : control ? trusted : harmless) {
      if (text.contains(special.text)) {
        pieces = cut(pieces, special);
      }
    }
    for (Piece piece : pieces) {
      switch (piece) {
        case Raw(String raw) -> onText.accept(raw);
        case Found(int id) -> onToken.accept(id);
      }
    }
  }

  private static List<Piece> cut(List<Piece> pieces, Special special) {
    List<Piece> result = new ArrayList<>();
    for (Piece piece : pieces) {
      if (piece instanceof Raw(String raw)) {
        int from = 0;
        for (int at = raw.indexOf(special.text); at >= 0; at = raw.indexOf(special.text, from)) {
          if (at > from) {
            result.add(new Raw(raw.substring(from, at)));
          }
          result.add(new Found(special.id));
          from = at + special.text.length();
        }
        if (from < raw.length()) {
          result.add(new Raw(raw.substring(from)));
        }
      } else {
        result.add(piece);
      }
    }
    return result;
  }
}
