package io.internvl.bench.synthetic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A small vocabulary that is valid for its tokenizer and padded to a model's number of token ids.
 *
 * <p>Special tokens have the ids they have in the real models. Immutable.
 *
 * @param tokens text of each token
 * @param kinds token kind of each token, as in {@code tokenizer.ggml.token_type}
 * @param merges byte-pair merges, best first; empty for SentencePiece
 * @param scores SentencePiece score of each token; empty for byte-level BPE
 */
record Vocabulary(List<String> tokens, int[] kinds, List<String> merges, float[] scores) {
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private static final int QWEN_FIRST_SPECIAL = 151_643;
  private static final List<String> QWEN_SPECIALS =
      List.of(
          "<|endoftext|>",
          "<|im_start|>",
          "<|im_end|>",
          "<|object_ref_start|>",
          "<|object_ref_end|>",
          "<|box_start|>",
          "<|box_end|>",
          "<|quad_start|>",
          "<|quad_end|>",
          "<|vision_start|>",
          "<|vision_end|>",
          "<|vision_pad|>",
          "<|image_pad|>",
          "<|video_pad|>",
          "<tool_call>",
          "</tool_call>",
          "<|fim_prefix|>",
          "<|fim_middle|>",
          "<|fim_suffix|>",
          "<|fim_pad|>",
          "<|repo_name|>",
          "<|file_sep|>",
          "<img>",
          "</img>",
          "<IMG_CONTEXT>",
          "<quad>",
          "</quad>",
          "<ref>",
          "</ref>",
          "<box>",
          "</box>");
  private static final List<String> INTERN_SPECIALS =
      List.of("<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>");

  /**
   * Makes a byte-level BPE vocabulary: 256 bytes and merges of up to two letters and a space.
   *
   * @param size number of token ids
   * @return the vocabulary
   */
  static Vocabulary byteLevel(int size) {
    List<String> tokens = new ArrayList<>(byteCharacters());
    List<String> merges = new ArrayList<>();
    String space = "\u0120";
    for (char a = 'a'; a <= 'z'; a++) {
      addMerge(tokens, merges, space, String.valueOf(a));
    }
    for (char a = 'a'; a <= 'z'; a++) {
      for (char b = 'a'; b <= 'z'; b++) {
        addMerge(tokens, merges, String.valueOf(a), String.valueOf(b));
        addMerge(tokens, merges, space + a, String.valueOf(b));
      }
    }
    int[] kinds = new int[size];
    Arrays.fill(kinds, 0, tokens.size(), NORMAL);
    pad(tokens, kinds, Math.min(QWEN_FIRST_SPECIAL, size - QWEN_SPECIALS.size()));
    addSpecials(tokens, kinds, QWEN_SPECIALS);
    pad(tokens, kinds, size);
    return new Vocabulary(tokens, kinds, merges, new float[0]);
  }

  /**
   * Makes a SentencePiece vocabulary: control tokens, 256 bytes, letters and pairs of them.
   *
   * @param size number of token ids
   * @return the vocabulary
   */
  static Vocabulary sentencePiece(int size) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int i = 0; i < 256; i++) {
      tokens.add(String.format("<0x%02X>", i));
    }
    int firstPiece = tokens.size();
    String space = "\u2581";
    for (char a = 'a'; a <= 'z'; a++) {
      tokens.add(space + a);
      for (char b = 'a'; b <= 'z'; b++) {
        tokens.add("" + a + b);
      }
    }
    tokens.add(space);
    for (char c = '!'; c <= '~'; c++) {
      tokens.add(String.valueOf(c));
    }
    int[] kinds = new int[size];
    Arrays.fill(kinds, 0, tokens.size(), NORMAL);
    kinds[0] = UNKNOWN;
    kinds[1] = CONTROL;
    kinds[2] = CONTROL;
    Arrays.fill(kinds, 3, firstPiece, BYTE);
    float[] scores = new float[size];
    for (int i = firstPiece; i < tokens.size(); i++) {
      scores[i] = firstPiece - i;
    }
    pad(tokens, kinds, size - INTERN_SPECIALS.size());
    addSpecials(tokens, kinds, INTERN_SPECIALS);
    return new Vocabulary(tokens, kinds, List.of(), scores);
  }

  /**
   * Finds a token.
   *
   * @param text its text
   * @return its id
   */
  int idOf(String text) {
    int id = tokens.indexOf(text);
    if (id < 0) {
      throw new IllegalArgumentException("the synthetic vocabulary has no token " + text);
    }
    return id;
  }

  /** The characters that stand for the bytes 0 to 255, in Qwen's order of token ids. */
  private static List<String> byteCharacters() {
    List<String> printable = new ArrayList<>();
    List<String> shifted = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      boolean itself = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
      if (itself) {
        printable.add(Character.toString(b));
      } else {
        shifted.add(Character.toString(256 + shifted.size()));
      }
    }
    printable.addAll(shifted);
    return Collections.unmodifiableList(printable);
  }

  private static void addMerge(List<String> tokens, List<String> merges, String a, String b) {
    merges.add(a + " " + b);
    tokens.add(a + b);
  }

  private static void addSpecials(List<String> tokens, int[] kinds, List<String> specials) {
    Arrays.fill(kinds, tokens.size(), tokens.size() + specials.size(), CONTROL);
    tokens.addAll(specials);
  }

  private static void pad(List<String> tokens, int[] kinds, int end) {
    for (int id = tokens.size(); id < end; id++) {
      kinds[id] = UNUSED;
      tokens.add("[PAD" + id + "]");
    }
  }
}
