package io.internvl.core.tokenizer;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufMetadata;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** The tokens of a file: texts, types, special ids. Immutable. */
final class Vocabulary {
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int BYTE = 6;

  private static final String PREFIX = "tokenizer.ggml.";

  /** Tokens of the chat formats that do not look like {@code <|...|>}. */
  private static final Set<String> CONTROL_TEXTS =
      Set.of("<img>", "</img>", "<IMG_CONTEXT>", "<s>", "</s>");

  private static final Pattern BYTE_TEXT = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  /** Texts of tokens that end an answer wherever they occur. */
  private static final List<String> END_TEXTS =
      List.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<|fim_pad|>",
          "<|repo_name|>",
          "<|file_sep|>");

  private final String[] texts;
  private final int[] types;
  private final Map<String, Integer> ids;
  private final Set<Integer> ends;
  private final OptionalInt bos;

  Vocabulary(GgufMetadata metadata) {
    List<String> tokens = metadata.strings(PREFIX + "tokens");
    texts = tokens.toArray(new String[0]);
    types = types(metadata, texts.length);
    ids = HashMap.newHashMap(texts.length);
    for (int i = 0; i < texts.length; i++) {
      ids.putIfAbsent(texts[i], i);
    }
    ends = ends(metadata);
    overrideTypes();
    requireByteTexts();
    int bosId = metadata.int32(PREFIX + "bos_token_id", -1);
    boolean spm = metadata.string(PREFIX + "model", "").equals("llama");
    boolean wanted = metadata.bool(PREFIX + "add_bos_token", spm);
    bos = wanted && bosId >= 0 ? OptionalInt.of(checked(bosId, "bos")) : OptionalInt.empty();
  }

  private static int[] types(GgufMetadata metadata, int count) {
    String key = PREFIX + "token_type";
    int[] types = metadata.has(key) ? metadata.ints(key) : new int[0];
    if (types.length == 0) {
      int[] normal = new int[count];
      Arrays.fill(normal, NORMAL);
      return normal;
    }
    if (types.length != count) {
      throw new GgufException(
          "key '"
              + key
              + "' has "
              + types.length
              + " elements, but there are "
              + count
              + " tokens");
    }
    return types;
  }

  private Set<Integer> ends(GgufMetadata metadata) {
    Set<Integer> found = new HashSet<>();
    for (String name : List.of("eos", "eot", "eom")) {
      int id = metadata.int32(PREFIX + name + "_token_id", -1);
      if (id >= 0) {
        found.add(checked(id, name));
      }
    }
    for (String text : END_TEXTS) {
      Integer id = ids.get(text);
      if (id != null) {
        found.add(id);
      }
    }
    boolean harmony = ids.containsKey("<|return|>") && ids.containsKey("<|call|>");
    Integer end = ids.get("<|end|>");
    if (harmony && end != null) {
      found.remove(end);
    }
    return Set.copyOf(found);
  }

  /**
   * Some conversions mark tokens of the chat format as ordinary or user-defined text, which would
   * let users write them; they are control tokens whatever the file says.
   */
  private void overrideTypes() {
    for (int id = 0; id < texts.length; id++) {
      boolean written = texts[id].startsWith("<|") && texts[id].endsWith("|>");
      if (written || ends.contains(id) || CONTROL_TEXTS.contains(texts[id])) {
        types[id] = CONTROL;
      }
    }
  }

  private void requireByteTexts() {
    for (int id = 0; id < texts.length; id++) {
      if (types[id] == BYTE && !BYTE_TEXT.matcher(texts[id]).matches()) {
        throw new GgufException(
            "key '"
                + PREFIX
                + "tokens': element "
                + id
                + " is '"
                + texts[id]
                + "' and of type byte, expected <0x00> to <0xFF>");
      }
    }
  }

  private int checked(int id, String name) {
    if (id >= texts.length) {
      throw new GgufException(
          "key '"
              + PREFIX
              + name
              + "_token_id' is "
              + id
              + ", but there are "
              + texts.length
              + " tokens");
    }
    return id;
  }

  int size() {
    return texts.length;
  }

  String text(int id) {
    if (id < 0 || id >= texts.length) {
      throw new IllegalArgumentException("token id " + id + ", vocabulary size " + texts.length);
    }
    return texts[id];
  }

  int type(int id) {
    return id < texts.length ? types[id] : CONTROL;
  }

  /** Finds a token that text of users may become: no control token, and none for a single byte. */
  OptionalInt textId(String text) {
    Integer id = ids.get(text);
    return id == null || isHidden(types[id]) ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private static boolean isHidden(int type) {
    return type == CONTROL || type == UNKNOWN || type == BYTE;
  }

  OptionalInt id(String text) {
    Integer id = ids.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  boolean ends(int id) {
    return ends.contains(id);
  }

  OptionalInt bos() {
    return bos;
  }
}
