package io.internvl.core.decoder;

/** The second half of a layer: adds its output to the residual stream. */
interface FeedForward {
  /**
   * Adds the feed-forward output to {@code state.x}.
   *
   * @param state holds the normalised input in {@code hidden} and the residual stream in {@code x}
   * @param tokens rows in use
   */
  void forward(DecoderState state, int tokens);
}
