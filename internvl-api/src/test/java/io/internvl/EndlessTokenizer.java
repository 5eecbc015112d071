package io.internvl;

import io.internvl.core.tokenizer.Tokenizer;
import java.util.OptionalInt;

/** A tokenizer that never ends an answer. */
record EndlessTokenizer(Tokenizer tokenizer) implements Tokenizer {
  @Override
  public boolean endsGeneration(int id) {
    return false;
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.encode(text);
  }

  @Override
  public int[] encodeWithSpecials(String text) {
    return tokenizer.encodeWithSpecials(text);
  }

  @Override
  public byte[] bytesOf(int id) {
    return tokenizer.bytesOf(id);
  }

  @Override
  public String decode(int[] ids) {
    return tokenizer.decode(ids);
  }

  @Override
  public String decodeWithSpecials(int[] ids) {
    return tokenizer.decodeWithSpecials(ids);
  }

  @Override
  public OptionalInt idOf(String tokenText) {
    return tokenizer.idOf(tokenText);
  }

  @Override
  public String textOf(int id) {
    return tokenizer.textOf(id);
  }

  @Override
  public boolean isControl(int id) {
    return tokenizer.isControl(id);
  }

  @Override
  public OptionalInt beginningOfSequence() {
    return tokenizer.beginningOfSequence();
  }

  @Override
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  @Override
  public boolean dropsLeadingSpace() {
    return tokenizer.dropsLeadingSpace();
  }
}
