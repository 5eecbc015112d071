package io.internvl.core.tokenizer;

/**
 * Cuts text into words as one of these patterns does. Qwen2, and Llama 3 with {@code \p{N}{1,3}}:
 *
 * <pre>
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|
 * \s*[\r\n]+|\s+(?!\S)|\s+
 * </pre>
 *
 * <p>o200k, with {@code U} for {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]}, {@code W} for {@code
 * [\p{Ll}\p{Lm}\p{Lo}\p{M}]} and {@code C} for the contractions above:
 *
 * <pre>
 * [^\r\n\p{L}\p{N}]?U*W+C?|[^\r\n\p{L}\p{N}]?U+W*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|
 * \s*[\r\n]+|\s+(?!\S)|\s+
 * </pre>
 *
 * <p>Written by hand because a backtracking matcher needs stack space in proportion to a word.
 */
final class PreTokenizer {
  private final String text;
  private final WordPattern pattern;
  private int position;

  PreTokenizer(String text, WordPattern pattern) {
    this.text = text;
    this.pattern = pattern;
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
    int after = at + Character.charCount(c);
    int word = pattern == WordPattern.O200K ? casedWord(at, c, after) : word(at, c, after);
    if (word > 0) {
      return word;
    }
    if (isNumber(c)) {
      return numbers(after);
    }
    int symbols = symbols(c == ' ' ? after : at);
    return symbols > 0 ? symbols : space(at);
  }

  /** Contraction or letters with one other character before them; 0 when there are none. */
  private int word(int at, int c, int after) {
    int contraction = contraction(at);
    if (contraction > 0) {
      return contraction;
    }
    if (isLetter(c)) {
      return letters(after);
    }
    boolean mayPrecede = !isLineBreak(c) && !isNumber(c);
    return mayPrecede && after < text.length() && isLetter(text.codePointAt(after))
        ? letters(after)
        : 0;
  }

  /** The first two choices of o200k, each with a character before them or without; 0 for none. */
  private int casedWord(int at, int c, int after) {
    boolean mayPrecede = !isLineBreak(c) && !isLetter(c) && !isNumber(c);
    int end = mayPrecede ? lowerWord(after) : 0;
    end = end == 0 ? lowerWord(at) : end;
    end = end == 0 && mayPrecede ? upperEnd(after) : end;
    end = end == 0 ? upperEnd(at) : end;
    int contraction = end == 0 ? 0 : contraction(end);
    return contraction > 0 ? contraction : end;
  }

  /** End of {@code U*W+}, 0 when it is not there. */
  private int lowerWord(int at) {
    int upper = Math.max(at, upperEnd(at));
    int end = upper;
    while (end < text.length() && isLower(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    if (end > upper) {
      return end;
    }
    int back = upper; // U* gives back what W+ needs
    while (back > at) {
      int c = text.codePointBefore(back);
      if (isLower(c)) {
        return back;
      }
      back -= Character.charCount(c);
    }
    return 0;
  }

  /** End of {@code U+}, 0 when it is not there. */
  private int upperEnd(int at) {
    int end = at;
    while (end < text.length() && isUpper(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end == at ? 0 : end;
  }

  private int numbers(int after) {
    int end = after;
    for (int i = 1; i < pattern.digits && end < text.length(); i++) {
      int c = text.codePointAt(end);
      if (!isNumber(c)) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  private int contraction(int at) {
    if (at + 1 >= text.length() || text.charAt(at) != '\'') {
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
    while (end < text.length() && mayFollowSymbols(text.charAt(end))) {
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

  private boolean mayFollowSymbols(char c) {
    return isLineBreak(c) || (c == '/' && pattern == WordPattern.O200K);
  }

  /** The class U. */
  private static boolean isUpper(int c) {
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> true;
      default -> isUncased(c);
    };
  }

  /** The class W. */
  private static boolean isLower(int c) {
    return Character.getType(c) == Character.LOWERCASE_LETTER || isUncased(c);
  }

  /** Letters without case, and marks. */
  private static boolean isUncased(int c) {
    return switch (Character.getType(c)) {
      case Character.MODIFIER_LETTER,
          Character.OTHER_LETTER,
          Character.NON_SPACING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
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
