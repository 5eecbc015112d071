package io.internvl;

import java.io.Serial;

/** A prompt does not fit into what is left of a session's context. Nothing was evaluated. */
public final class ContextOverflowException extends InternVlException {
  @Serial private static final long serialVersionUID = 1L;

  /** Positions of the new prompt and one answer token. */
  private final int needed;

  /** Positions left. */
  private final int available;

  /**
   * Creates an error.
   *
   * @param message names the sizes and the ways out
   * @param needed positions of the new prompt and at least one answer token
   * @param available positions left in the context
   */
  public ContextOverflowException(String message, int needed, int available) {
    super(message);
    this.needed = needed;
    this.available = available;
  }

  /** Says that images are too many for any conversation, before the rest of them is decoded. */
  static ContextOverflowException ofImages(int read, int images, long rows, int contextLength) {
    return new ContextOverflowException(
        "the first "
            + read
            + " of "
            + images
            + " images need "
            + rows
            + " positions, but the context has "
            + contextLength
            + "; use fewer tiles (Image.withMaxTiles), fewer images or a larger"
            + " ModelOptions.contextLength",
        (int) Math.min(rows, Integer.MAX_VALUE),
        contextLength);
  }

  /**
   * Returns how many positions the new prompt needs.
   *
   * @return tokens, image embeddings and one answer token; at least so many when the images alone
   *     are too many
   */
  public int needed() {
    return needed;
  }

  /**
   * Returns how many positions were left.
   *
   * @return positions
   */
  public int available() {
    return available;
  }
}
