package io.internvl.core.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Decodes a stream of tokens into whole characters: bytes of an unfinished character are held back
 * until the tokens that complete it. Belongs to one answer and one thread.
 */
public final class StreamingDecoder {
  private static final int MAX_HELD = 3;

  private final Tokenizer tokenizer;
  private final Set<String> visibleSpecials;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private ByteBuffer held = ByteBuffer.allocate(64).limit(0);
  private boolean start;

  /**
   * Starts an answer.
   *
   * @param tokenizer the tokenizer
   * @param visibleSpecials control tokens that are written out, such as {@code <box>}
   */
  public StreamingDecoder(Tokenizer tokenizer, Set<String> visibleSpecials) {
    this.tokenizer = tokenizer;
    this.visibleSpecials = Set.copyOf(visibleSpecials);
    this.start = tokenizer.dropsLeadingSpace();
  }

  /**
   * Adds a token.
   *
   * @param id token id
   * @return whole characters that are now complete, often none
   */
  public String append(int id) {
    byte[] bytes = tokenizer.bytesOf(id);
    if (bytes.length == 0 && visibleSpecials.contains(tokenizer.textOf(id))) {
      bytes = tokenizer.textOf(id).getBytes(StandardCharsets.UTF_8);
    }
    ByteBuffer input = ByteBuffer.allocate(held.remaining() + bytes.length);
    input.put(held).put(bytes).flip();
    String text = decode(input, false);
    held = input;
    return text;
  }

  /**
   * Ends the answer.
   *
   * @return U+FFFD when an unfinished character was held back
   */
  public String flush() {
    String text = decode(held, true);
    held = ByteBuffer.allocate(MAX_HELD).limit(0);
    return text;
  }

  private String decode(ByteBuffer input, boolean end) {
    CharBuffer out = CharBuffer.allocate(input.remaining() + 2);
    utf8.decode(input, out, end);
    if (end) {
      utf8.flush(out);
      utf8.reset();
    }
    String text = out.flip().toString();
    if (start && !text.isEmpty()) {
      start = false;
      return text.startsWith(" ") ? text.substring(1) : text;
    }
    return text;
  }
}
