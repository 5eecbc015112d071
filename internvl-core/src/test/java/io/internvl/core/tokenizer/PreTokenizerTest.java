package io.internvl.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.GgufException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The words of each pattern against the pattern itself, as a regular expression. */
class PreTokenizerTest {
  private static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String SPACE = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

  /** Pieces that meet at all the corners of the patterns. */
  private static final List<String> PIECES =
      List.of(
          " ",
          "  ",
          "\n",
          "\r\n",
          "\t",
          "\u00a0",
          "\u3000",
          "'",
          "'s",
          "'LL",
          "'re",
          "a",
          "bc",
          "D",
          "EF",
          "\u00e9",
          "\u00c9",
          "e\u0301",
          "\u0301",
          "\u01c5",
          "\u02b0",
          "\u4e2d",
          "\u6587",
          "1",
          "23",
          "\u0664",
          "\u2167",
          "/",
          "//",
          ".",
          "!?",
          "-",
          "\ud83d\ude00",
          "\ud801\udc00");

  private static Pattern regex(WordPattern pattern) {
    String regex =
        switch (pattern) {
          case QWEN2, LLAMA3 ->
              CONTRACTION
                  + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
                  + (pattern == WordPattern.QWEN2 ? "\\p{N}" : "\\p{N}{1,3}")
                  + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
                  + SPACE;
          case O200K ->
              String.format(
                  "[^\\r\\n\\p{L}\\p{N}]?%s*%s+%s?|[^\\r\\n\\p{L}\\p{N}]?%s+%s*%s?|\\p{N}{1,3}"
                      + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|%s",
                  UPPER, LOWER, CONTRACTION, UPPER, LOWER, CONTRACTION, SPACE);
        };
    // Only what \s means is taken from Unicode: (?i) shall stay with ASCII.
    return Pattern.compile(
        regex
            .replace("[^\\s", "[^\\p{IsWhite_Space}")
            .replace("\\s", "\\p{IsWhite_Space}")
            .replace("\\S", "\\P{IsWhite_Space}"));
  }

  private static List<String> words(String text, WordPattern pattern) {
    PreTokenizer words = new PreTokenizer(text, pattern);
    List<String> found = new ArrayList<>();
    int start = 0;
    for (int end = words.next(); end >= 0; end = words.next()) {
      found.add(text.substring(start, end));
      start = end;
    }
    return found;
  }

  @ParameterizedTest
  @EnumSource(WordPattern.class)
  void wordsAreThoseOfTheRegularExpression(WordPattern pattern) {
    Pattern regex = regex(pattern);
    Random random = new Random(11);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int piece = random.nextInt(1, 9); piece > 0; piece--) {
        text.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      List<String> expected = new ArrayList<>();
      Matcher matcher = regex.matcher(text);
      while (matcher.find()) {
        expected.add(matcher.group());
      }
      assertThat(String.join("", expected)).isEqualTo(text.toString());
      assertThat(words(text.toString(), pattern)).as(text.toString()).isEqualTo(expected);
    }
  }

  @Test
  void patternsDiffer() {
    String text = "I don't like helloWorld2024/";
    assertThat(words(text, WordPattern.QWEN2))
        .containsExactly("I", " don", "'t", " like", " helloWorld", "2", "0", "2", "4", "/");
    assertThat(words(text, WordPattern.LLAMA3))
        .containsExactly("I", " don", "'t", " like", " helloWorld", "202", "4", "/");
    assertThat(words(text, WordPattern.O200K))
        .containsExactly("I", " don't", " like", " hello", "World", "202", "4", "/");
  }

  @Test
  void otherPatternsAreRefusedByName() {
    assertThatThrownBy(() -> WordPattern.of("deepseek-llm"))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining("'tokenizer.ggml.pre' is 'deepseek-llm', supported are qwen2");
  }
}
