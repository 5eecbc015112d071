package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufMetadata;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Byte-level byte-pair encoding of the words that a {@link WordPattern} finds. */
final class BpeTokenizer extends AbstractTokenizer {
  private static final int CACHED_WORD_LENGTH = 24;
  private static final int CACHED_WORDS = 20_000;

  private final WordPattern pattern;
  private final MergeTable merges;
  private final int[] byteToken = new int[256];

  BpeTokenizer(GgufMetadata metadata) {
    super(new Vocabulary(metadata));
    pattern = WordPattern.of(metadata.string("tokenizer.ggml.pre", "qwen2"));
    merges = new MergeTable(vocabulary(), metadata.strings("tokenizer.ggml.merges"));
    for (int b = 0; b < 256; b++) {
      String text = String.valueOf(ByteAlphabet.characterOf(b));
      byteToken[b] = vocabulary().id(text).orElse(-1);
    }
  }

  @Override
  void encodeRaw(String text, boolean first, IntList out) {
    encodeRaw(text, WordMerger.SCAN_LIMIT, out);
  }

  /** Encodes with a given length up to which words are merged by scanning. */
  void encodeRaw(String text, int scanLimit, IntList out) {
    String normal = pattern.normalised ? Normalizer.normalize(text, Normalizer.Form.NFC) : text;
    PreTokenizer words = new PreTokenizer(normal, pattern);
    WordMerger merger = new WordMerger(merges, scanLimit);
    Map<String, int[]> cache = new HashMap<>();
    int start = 0;
    for (int end = words.next(); end >= 0; end = words.next()) {
      encodeWord(normal.substring(start, end), merger, cache, out);
      start = end;
    }
  }

  private void encodeWord(String word, WordMerger merger, Map<String, int[]> cache, IntList out) {
    int[] known = cache.get(word);
    if (known == null) {
      known = tokens(word, merger);
      if (word.length() <= CACHED_WORD_LENGTH && cache.size() < CACHED_WORDS) {
        cache.put(word, known);
      }
    }
    for (int id : known) {
      out.add(id);
    }
  }

  private int[] tokens(String word, WordMerger merger) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    if (pattern.wholeWords) {
      StringBuilder written = new StringBuilder(bytes.length);
      for (byte b : bytes) {
        written.append(ByteAlphabet.characterOf(b & 0xFF));
      }
      OptionalInt whole = vocabulary().textId(written.toString());
      if (whole.isPresent()) {
        return new int[] {whole.getAsInt()};
      }
    }
    IntList ids = new IntList();
    merger.clear();
    for (byte b : bytes) {
      int token = byteToken[b & 0xFF];
      if (token >= 0) {
        merger.add(token);
      }
    }
    merger.mergeInto(ids);
    return ids.toArray();
  }

  @Override
  byte[] normalBytes(String text) {
    byte[] bytes = new byte[text.length()];
    for (int i = 0; i < bytes.length; i++) {
      int b = ByteAlphabet.byteOf(text.charAt(i));
      if (b < 0) {
        return text.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }

  @Override
  public boolean dropsLeadingSpace() {
    return false;
  }
}
