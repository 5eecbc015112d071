package io.internvl.core.chat;

import io.internvl.core.tokenizer.Tokenizer;
import io.internvl.gguf.GgufException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Turns prompt parts into token ids with places for image embeddings. Text of neighbouring parts is
 * encoded together, as if it had been one string; markup is encoded on its own.
 */
public final class PromptEncoder {
  private static final String IMAGE_START = "<img>";
  private static final String IMAGE_CONTEXT = "<IMG_CONTEXT>";
  private static final String IMAGE_END = "</img>";

  private final Tokenizer tokenizer;

  /**
   * Creates an encoder.
   *
   * @param tokenizer the model's tokenizer
   */
  public PromptEncoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** A stretch of an encoded prompt. */
  public sealed interface Run {}

  /**
   * Tokens.
   *
   * @param ids token ids
   */
  public record TokenRun(List<Integer> ids) implements Run {}

  /**
   * The place of an image's embeddings, where InternVL writes {@code <IMG_CONTEXT>}.
   *
   * @param index number of the image
   * @param length number of embeddings
   */
  public record ImageRun(int index, int length) implements Run {}

  /**
   * Encodes parts.
   *
   * @param parts rendered conversation
   * @param imageLengths number of embeddings of each image
   * @return runs in order
   * @throws GgufException when the vocabulary lacks a token of the template
   */
  public List<Run> encode(List<PromptPart> parts, IntUnaryOperator imageLengths) {
    List<Run> runs = new ArrayList<>();
    List<Integer> ids = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (PromptPart part : parts) {
      switch (part) {
        case PromptPart.Text(String more) -> text.append(more);
        case PromptPart.Special(String token) -> {
          flush(text, ids);
          ids.add(id(token));
        }
        case PromptPart.Markup(String trusted) -> {
          flush(text, ids);
          add(tokenizer.encodeWithSpecials(trusted), ids);
        }
        case PromptPart.ImageSlot(int index) -> {
          flush(text, ids);
          ids.add(id(IMAGE_START));
          runs.add(new TokenRun(List.copyOf(ids)));
          ids.clear();
          runs.add(new ImageRun(index, imageLengths.applyAsInt(index)));
          ids.add(id(IMAGE_END));
        }
      }
    }
    flush(text, ids);
    if (!ids.isEmpty()) {
      runs.add(new TokenRun(List.copyOf(ids)));
    }
    return runs;
  }

  private void flush(StringBuilder text, List<Integer> ids) {
    add(tokenizer.encode(text.toString()), ids);
    text.setLength(0);
  }

  private static void add(int[] more, List<Integer> ids) {
    for (int id : more) {
      ids.add(id);
    }
  }

  private int id(String token) {
    return tokenizer
        .idOf(token)
        .orElseThrow(() ->
            new GgufException(
                "the vocabulary has no token '"
                    + token
                    + "', which the chat format needs; this model does not look like an"
                    + " InternVL of that format"));
  }

  /**
   * Returns the token that stands for an image embedding in prompts written as ids.
   *
   * @return id of {@code <IMG_CONTEXT>}
   * @throws GgufException when the vocabulary lacks it
   */
  public int imageContextToken() {
    return id(IMAGE_CONTEXT);
  }
}
