package io.internvl;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderState;
import io.internvl.core.sampling.Sampler;
import io.internvl.core.sampling.StopStrings;
import io.internvl.core.tokenizer.StreamingDecoder;
import io.internvl.core.tokenizer.Tokenizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The decode loop of one answer: logits, token, text, until something ends it. */
final class Answer {
  private final Decoder decoder;
  private final DecoderState state;
  private final Tokenizer tokenizer;
  private final Sampler sampler;
  private final StreamingDecoder text;
  private final StopStrings stops;
  private final int maxTokens;
  private final float[] logits;
  private final StringBuilder whole = new StringBuilder();
  private int produced;
  private int unevaluated = -1;
  private boolean finished;
  private @Nullable FinishReason reason;
  private volatile boolean cancelled;

  Answer(
      Decoder decoder,
      DecoderState state,
      Tokenizer tokenizer,
      Sampler sampler,
      StreamingDecoder text,
      GenerationOptions options) {
    this.decoder = decoder;
    this.state = state;
    this.tokenizer = tokenizer;
    this.sampler = sampler;
    this.text = text;
    this.stops = new StopStrings(options.stopStrings());
    this.maxTokens = options.maxTokens();
    this.logits = new float[decoder.config().vocabularySize()];
  }

  /** Produces tokens until there is text to show; null when the answer has ended. */
  @Nullable String next() {
    while (!finished) {
      String piece = step();
      if (!piece.isEmpty()) {
        whole.append(piece);
        return piece;
      }
    }
    return null;
  }

  private String step() {
    FinishReason early = limit();
    if (early != null) {
      return end(early);
    }
    if (unevaluated >= 0) {
      decoder.embed(state, unevaluated, 0);
      decoder.forward(state, 1, 1);
      unevaluated = -1;
    }
    state.logits().copyRowTo(0, logits, 0);
    // The file may have more rows than tokens.
    Arrays.fill(
        logits,
        Math.min(logits.length, tokenizer.vocabularySize()),
        logits.length,
        Float.NEGATIVE_INFINITY);
    int token = sampler.sample(logits);
    if (tokenizer.endsGeneration(token)) {
      return end(FinishReason.END_OF_TURN);
    }
    produced++;
    unevaluated = token;
    String piece = stops.append(text.append(token));
    return stops.stopped() ? piece + end(FinishReason.STOP_STRING) : piece;
  }

  private @Nullable FinishReason limit() {
    if (cancelled) {
      return FinishReason.CANCELLED;
    }
    if (produced >= maxTokens) {
      return FinishReason.MAX_TOKENS;
    }
    boolean full = unevaluated >= 0 && state.cache().length() >= state.cache().maxLength();
    return full ? FinishReason.CONTEXT_FULL : null;
  }

  private String end(FinishReason why) {
    finished = true;
    reason = why;
    return stops.stopped() ? "" : stops.append(text.flush()) + stops.flush();
  }

  void cancel() {
    cancelled = true;
  }

  /** Ends the answer if it has not ended by itself. */
  void close() {
    if (!finished) {
      whole.append(end(FinishReason.CANCELLED));
    }
  }

  FinishReason reason() {
    return reason == null ? FinishReason.CANCELLED : reason;
  }

  String text() {
    return whole.toString();
  }

  /** Number of answer tokens, without the one that ended the turn. */
  int produced() {
    return produced;
  }

  /** The last token when it is not in the cache yet, or -1. */
  int unevaluated() {
    return unevaluated;
  }
}
