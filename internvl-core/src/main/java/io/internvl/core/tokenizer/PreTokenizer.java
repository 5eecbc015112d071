package io.internvl.core.tokenizer;

/**
 * Cuts text into words as the Qwen2 pattern does:
 *
 * <pre>
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|
 * \s*[\r\n]+|\s+(?!\S)|\s+
 * </pre>
 *
 * <p>Written by hand because a backtracking matcher needs stack space in proportion to a word.
 */
final class PreTokenizer {
  private final String text;
  private int position;

  PreTokenizer(String text) {
    this.text = text;
  }

  /** End of the word that starts at the current position, which moves there; -1 at the end. */
  int next() {
    if (position >= text.length()) {
      return -1;
    }
    position = wordEnd(position);
    return position;
  }

  private int wordEnd(int at) {
    int c = text.codePointAt(at);
    if (c == '\'') {
      int end = contraction(at);
      if (end > 0) {
        return end;
      }
    }
    int after = at + Character.charCount(c);
    if (isLetter(c)) {
      return letters(after);
    }
    if (isNumber(c)) {
      return after;
    }
    if (c != '\r' && c != '\n' && after < text.length() && isLetter(text.codePointAt(after))) {
      return letters(after);
    }
    int symbols = symbols(c == ' ' ? after : at);
    return symbols > 0 ? symbols : space(at);
  }

  private int contraction(int at) {
    if (at + 1 >= text.length()) {
      return 0;
    }
    char first = lower(text.charAt(at + 1));
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return at + 2;
    }
    if (at + 2 >= text.length()) {
      return 0;
    }
    char second = lower(text.charAt(at + 2));
    boolean pair =
        (first == 'r' && second == 'e')
            || (first == 'v' && second == 'e')
            || (first == 'l' && second == 'l');
    return pair ? at + 3 : 0;
  }

  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  private int letters(int at) {
    int end = at;
    while (end < text.length()) {
      int c = text.codePointAt(end);
      if (!isLetter(c)) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  /** End of a run of symbols and the line breaks after it, 0 when there is none. */
  private int symbols(int at) {
    int end = at;
    while (end < text.length()) {
      int c = text.codePointAt(end);
      if (isSpace(c) || isLetter(c) || isNumber(c)) {
        break;
      }
      end += Character.charCount(c);
    }
    if (end == at) {
      return 0;
    }
    while (end < text.length() && isLineBreak(text.charAt(end))) {
      end++;
    }
    return end;
  }

  /** White space: up to its last line break, else all but the last before a word. */
  private int space(int at) {
    int end = at;
    int afterBreak = 0;
    int last = at;
    while (end < text.length()) {
      int c = text.codePointAt(end);
      if (!isSpace(c)) {
        break;
      }
      last = end;
      end += Character.charCount(c);
      afterBreak = isLineBreak(c) ? end : afterBreak;
    }
    if (afterBreak > 0) {
      return afterBreak;
    }
    return end == text.length() || last == at ? end : last;
  }

  private static boolean isLineBreak(int c) {
    return c == '\r' || c == '\n';
  }

  private static boolean isLetter(int c) {
    if (c < 128) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    return Character.isLetter(c);
  }

  private static boolean isNumber(int c) {
    if (c < 128) {
      return c >= '0' && c <= '9';
    }
    return switch (Character.getType(c)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> false;
    };
  }

  /** Unicode's White_Space property. */
  private static boolean isSpace(int c) {
    return c == ' '
        || (c >= 9 && c <= 13)
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }
}
