package io.internvl.core.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** What both kinds of tokenizer share: special tokens, decoding, look-up. */
abstract class AbstractTokenizer implements Tokenizer {
  private static final byte[] NOTHING = {};

  private final Vocabulary vocabulary;
  private final SpecialTokens specials;

  AbstractTokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.specials = new SpecialTokens(vocabulary);
  }

  /**
   * Encodes text without special tokens.
   *
   * @param text not empty
   * @param first whether it begins the text or follows a special token
   * @param out receives ids
   */
  abstract void encodeRaw(String text, boolean first, IntList out);

  /** Bytes of a token that stands for text. */
  abstract byte[] normalBytes(String text);

  final Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public final int[] encode(String text) {
    return encode(text, false);
  }

  @Override
  public final int[] encodeWithSpecials(String text) {
    return encode(text, true);
  }

  private int[] encode(String text, boolean control) {
    IntList out = new IntList();
    if (!text.isEmpty()) {
      specials.split(text, control, raw -> encodeRaw(raw, true, out), out::add);
    }
    return out.toArray();
  }

  @Override
  public final byte[] bytesOf(int id) {
    String text = vocabulary.text(id);
    return switch (vocabulary.type(id)) {
      case Vocabulary.CONTROL, Vocabulary.UNKNOWN -> NOTHING;
      case Vocabulary.USER_DEFINED -> text.getBytes(StandardCharsets.UTF_8);
      case Vocabulary.BYTE -> new byte[] {(byte) Integer.parseInt(text.substring(3, 5), 16)};
      default -> normalBytes(text);
    };
  }

  @Override
  public final String decode(int[] ids) {
    return decode(ids, false);
  }

  @Override
  public final String decodeWithSpecials(int[] ids) {
    return decode(ids, true);
  }

  private String decode(int[] ids, boolean control) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(
          control && isControl(id)
              ? vocabulary.text(id).getBytes(StandardCharsets.UTF_8)
              : bytesOf(id));
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    return dropsLeadingSpace() && text.startsWith(" ") ? text.substring(1) : text;
  }

  @Override
  public final OptionalInt idOf(String tokenText) {
    return vocabulary.id(tokenText);
  }

  @Override
  public final String textOf(int id) {
    return vocabulary.text(id);
  }

  @Override
  public final boolean isControl(int id) {
    int type = vocabulary.type(id);
    return type == Vocabulary.CONTROL || type == Vocabulary.UNKNOWN;
  }

  @Override
  public final boolean endsGeneration(int id) {
    return vocabulary.ends(id);
  }

  @Override
  public final OptionalInt beginningOfSequence() {
    return vocabulary.bos();
  }

  @Override
  public final int vocabularySize() {
    return vocabulary.size();
  }
}
