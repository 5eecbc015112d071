package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Byte-level byte-pair encoding with the Qwen2 pre-tokenizer and NFC normalisation. */
final class BpeTokenizer extends AbstractTokenizer {
  private static final int CACHED_WORD_LENGTH = 24;
  private static final int CACHED_WORDS = 20_000;
  private static final Set<String> PRE_TOKENIZERS = Set.of("qwen2", "default", "gpt-4o");

  private final MergeTable merges;
  private final int[] byteToken = new int[256];

  BpeTokenizer(GgufMetadata metadata) {
    super(new Vocabulary(metadata));
    String pre = metadata.string("tokenizer.ggml.pre", "qwen2");
    if (!PRE_TOKENIZERS.contains(pre)) {
      throw new GgufException(
          "key 'tokenizer.ggml.pre' is '" + pre + "', supported are " + PRE_TOKENIZERS);
    }
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
    String normal = Normalizer.normalize(text, Normalizer.Form.NFC);
    PreTokenizer words = new PreTokenizer(normal);
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
      IntList ids = new IntList();
      merger.clear();
      for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
        int token = byteToken[b & 0xFF];
        if (token >= 0) {
          merger.add(token);
        }
      }
      merger.mergeInto(ids);
      known = ids.toArray();
      if (word.length() <= CACHED_WORD_LENGTH && cache.size() < CACHED_WORDS) {
        cache.put(word, known);
      }
    }
    for (int id : known) {
      out.add(id);
    }
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
