package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.PriorityQueue;

/**
 * SentencePiece encoding (Kudo and Richardson 2018): neighbouring symbols whose joined text is a
 * token are merged, highest score first; characters without a token become byte tokens.
 */
final class SpmTokenizer extends AbstractTokenizer {
  private static final char SPACE = '\u2581';

  private final float[] scores;
  private final boolean spacePrefix;
  private final int[] byteToken = new int[256];
  private final OptionalInt unknown;

  SpmTokenizer(GgufMetadata metadata) {
    super(new Vocabulary(metadata));
    scores = metadata.floats("tokenizer.ggml.scores");
    if (scores.length != vocabulary().size()) {
      throw new GgufException(
          "key 'tokenizer.ggml.scores' has "
              + scores.length
              + " elements, but there are "
              + vocabulary().size()
              + " tokens");
    }
    spacePrefix = metadata.bool("tokenizer.ggml.add_space_prefix", true);
    Arrays.setAll(
        byteToken, b -> vocabulary().id(String.format(Locale.ROOT, "<0x%02X>", b)).orElse(-1));
    int unknownId = metadata.int32("tokenizer.ggml.unknown_token_id", -1);
    if (unknownId >= vocabulary().size()) {
      throw new GgufException(
          "key 'tokenizer.ggml.unknown_token_id' is "
              + unknownId
              + ", but there are "
              + vocabulary().size()
              + " tokens");
    }
    unknown = unknownId < 0 ? OptionalInt.empty() : OptionalInt.of(unknownId);
  }

  private record Candidate(float score, int left, int length) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  @Override
  void encodeRaw(String text, boolean first, IntList out) {
    String escaped = (spacePrefix && first ? " " + text : text).replace(' ', SPACE);
    new Merge(escaped).run(out);
  }

  /** Merging of one text; a symbol is named by where it starts. */
  private final class Merge {
    private final String text;
    private final int[] end; // end of the symbol that starts here, 0 where none starts
    private final int[] previous; // start of the symbol before
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

    Merge(String text) {
      this.text = text;
      end = new int[text.length()];
      previous = new int[text.length() + 1];
      int before = -1;
      for (int i = 0; i < text.length(); i = end[i]) {
        end[i] = i + Character.charCount(text.codePointAt(i));
        previous[i] = before;
        before = i;
      }
    }

    void run(IntList out) {
      for (int i = 0; i < text.length(); i = end[i]) {
        offer(i);
      }
      for (Candidate c = queue.poll(); c != null; c = queue.poll()) {
        int middle = end[c.left];
        boolean current =
            middle > c.left && middle < text.length() && end[middle] == c.left + c.length;
        if (current) {
          join(c.left, middle);
        }
      }
      for (int i = 0; i < text.length(); i = end[i]) {
        emit(text.substring(i, end[i]), out);
      }
    }

    private void join(int left, int middle) {
      end[left] = end[middle];
      end[middle] = 0;
      if (end[left] < text.length()) {
        previous[end[left]] = left;
      }
      offer(left);
      if (previous[left] >= 0) {
        offer(previous[left]);
      }
    }

    private void offer(int left) {
      int middle = end[left];
      if (middle < text.length()) {
        OptionalInt id = vocabulary().textId(text.substring(left, end[middle]));
        if (id.isPresent()) {
          queue.add(new Candidate(scores[id.getAsInt()], left, end[middle] - left));
        }
      }
    }
  }

  private void emit(String symbol, IntList out) {
    OptionalInt id = vocabulary().textId(symbol);
    if (id.isPresent()) {
      out.add(id.getAsInt());
      return;
    }
    for (byte b : symbol.getBytes(StandardCharsets.UTF_8)) {
      int token = byteToken[b & 0xFF];
      if (token >= 0) {
        out.add(token);
      } else if (unknown.isPresent()) {
        out.add(unknown.getAsInt());
        return;
      }
    }
  }

  @Override
  byte[] normalBytes(String text) {
    return text.replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean dropsLeadingSpace() {
    return spacePrefix;
  }
}
