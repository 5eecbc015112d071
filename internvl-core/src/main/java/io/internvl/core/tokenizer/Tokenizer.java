package io.internvl.core.tokenizer;

import java.util.OptionalInt;

/** Text to token ids and back. Immutable and thread-safe. */
public interface Tokenizer {
  /**
   * Encodes text of a user's: nothing in it becomes a control token.
   *
   * @param text any text
   * @return token ids, without beginning-of-sequence
   */
  int[] encode(String text);

  /**
   * Encodes trusted text, such as a template's: special tokens written out become their ids.
   *
   * @param text any text
   * @return token ids, without beginning-of-sequence
   */
  int[] encodeWithSpecials(String text);

  /**
   * Returns the bytes that a token stands for; several tokens may share a character.
   *
   * @param id token id
   * @return UTF-8 bytes, empty for control tokens
   */
  byte[] bytesOf(int id);

  /**
   * Decodes text, leaving control tokens out.
   *
   * @param ids token ids
   * @return text; bytes that are not UTF-8 become U+FFFD
   */
  String decode(int[] ids);

  /**
   * Decodes text, writing control tokens out.
   *
   * @param ids token ids
   * @return text; bytes that are not UTF-8 become U+FFFD
   */
  String decodeWithSpecials(int[] ids);

  /**
   * Looks a token up by its text in the vocabulary.
   *
   * @param tokenText such as {@code <|im_end|>}
   * @return its id, empty when there is none
   */
  OptionalInt idOf(String tokenText);

  /**
   * Returns the text of a token in the vocabulary.
   *
   * @param id token id
   * @return text in the vocabulary's own spelling
   */
  String textOf(int id);

  /**
   * Says whether a token is a control token.
   *
   * @param id token id
   * @return true for tokens that stand for no text
   */
  boolean isControl(int id);

  /**
   * Says whether a token ends an answer.
   *
   * @param id token id
   * @return true for end-of-sequence, end-of-turn and their relatives
   */
  boolean endsGeneration(int id);

  /**
   * Returns the token that a prompt begins with.
   *
   * @return beginning-of-sequence, empty when the model wants none
   */
  OptionalInt beginningOfSequence();

  /**
   * Returns the number of tokens.
   *
   * @return size of the vocabulary
   */
  int vocabularySize();

  /**
   * Says whether decoded text begins with a space that stands for the beginning of the text.
   *
   * @return true for SentencePiece vocabularies with a space prefix
   */
  boolean dropsLeadingSpace();
}
