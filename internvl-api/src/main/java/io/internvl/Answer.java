package io.internvl;

import io.internvl.core.chat.ReasoningStream;
import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderState;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.KvCache;
import io.internvl.core.sampling.BannedSequences;
import io.internvl.core.sampling.RepetitionGuard;
import io.internvl.core.sampling.Sampler;
import io.internvl.core.sampling.StopStrings;
import io.internvl.core.tokenizer.StreamingDecoder;
import io.internvl.core.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** An answer in progress: logits, token, text, until something ends it. */
final class Answer {
  private static final int LONGEST_REPETITION = 64;

  private final KvCache cache;
  private final Tokenizer tokenizer;
  private final Sampler sampler;
  private final StreamingDecoder text;
  private final StopStrings stops;
  private final int maxTokens;
  private final int minTokens;
  private final float[] logits;
  private final int[] endTokens;
  private final BannedSequences banned;
  private final RepetitionGuard repetition;
  private final ProbabilityRecorder probabilities;
  private final StringBuilder whole = new StringBuilder();
  private Consumer<? super String> thoughts = piece -> {};
  private final ReasoningStream parts = new ReasoningStream(piece -> thoughts.accept(piece));
  private int produced;
  private int unevaluated = -1;
  private boolean finished;
  private @Nullable FinishReason reason;
  private volatile boolean cancelled;

  /**
   * Starts an answer.
   *
   * @param cache where its tokens go
   * @param tokenizer makes text of tokens
   * @param sampler chooses tokens
   * @param text makes text of tokens as they come
   * @param vocabulary number of logits
   * @param options settings
   */
  Answer(
      KvCache cache,
      Tokenizer tokenizer,
      Sampler sampler,
      StreamingDecoder text,
      int vocabulary,
      GenerationOptions options) {
    this.cache = cache;
    this.tokenizer = tokenizer;
    this.sampler = sampler;
    this.text = text;
    this.stops = new StopStrings(options.stopStrings());
    this.maxTokens = options.maxTokens();
    this.logits = new float[vocabulary];
    this.minTokens = options.minTokens();
    this.endTokens = minTokens == 0 ? new int[0] : endTokens(tokenizer);
    this.banned = new BannedSequences(sequences(options.bannedStrings(), tokenizer));
    this.repetition = new RepetitionGuard(LONGEST_REPETITION, options.repetitionLimit());
    this.probabilities =
        new ProbabilityRecorder(tokenizer, options.logProbabilities(), logits.length);
  }

  private static int[] endTokens(Tokenizer tokenizer) {
    return IntStream.range(0, tokenizer.vocabularySize())
        .filter(tokenizer::endsGeneration)
        .toArray();
  }

  private static List<int[]> sequences(List<String> words, Tokenizer tokenizer) {
    List<int[]> sequences = new ArrayList<>();
    for (String word : words) {
      sequences.add(tokenizer.encode(word));
      sequences.add(tokenizer.encode(" " + word));
    }
    return sequences;
  }

  /** Says whether nothing follows any more. */
  boolean finished() {
    return finished;
  }

  /**
   * Produces tokens until there is text of the answer.
   *
   * @param decoder evaluates them
   * @param state the conversation, with the prompt's logits in row 0 at the begin
   * @return the text, null when the answer has ended
   */
  @Nullable String next(Decoder decoder, DecoderState state) {
    while (!finished) {
      int token = pending();
      if (token >= 0) {
        decoder.embed(state, token, 0);
        decoder.forward(state, 1, 1);
        evaluated();
      }
      String piece = next(state.logits(), 0);
      if (!piece.isEmpty()) {
        return piece;
      }
    }
    return null;
  }

  /**
   * Returns the token that has to be evaluated before the next one is chosen.
   *
   * @return a token id, or -1 when there is none: the prompt's logits are there, or a limit is
   *     reached
   */
  int pending() {
    return limit() == null ? unevaluated : -1;
  }

  /** Notes that the pending token is in the cache. */
  void evaluated() {
    unevaluated = -1;
  }

  /**
   * Produces a token.
   *
   * @param source logits after what was evaluated last
   * @param row row of them
   * @return text of the answer that is certain now, often none
   */
  String next(Tensor source, int row) {
    String written = step(source, row);
    whole.append(written);
    String piece = parts.append(written);
    return finished ? piece + parts.flush() : piece;
  }

  /** Names who hears of reasoning as it is being written. */
  void onReasoning(Consumer<? super String> action) {
    thoughts = action;
  }

  private String step(Tensor source, int row) {
    FinishReason early = limit();
    if (early != null) {
      return end(early);
    }
    int token = choose(source, row);
    if (tokenizer.endsGeneration(token)) {
      return end(FinishReason.END_OF_TURN);
    }
    produced++;
    unevaluated = token;
    probabilities.choose(token);
    banned.append(token);
    String piece = stops.append(text.append(token));
    if (stops.stopped()) {
      return piece + end(FinishReason.STOP_STRING);
    }
    return repetition.append(token) ? piece + end(FinishReason.REPETITION) : piece;
  }

  private int choose(Tensor source, int row) {
    source.copyRowTo(row, logits, 0);
    // The file may have more rows than tokens.
    Arrays.fill(
        logits,
        Math.min(logits.length, tokenizer.vocabularySize()),
        logits.length,
        Float.NEGATIVE_INFINITY);
    requireNumbers(logits);
    probabilities.observe(logits);
    banned.apply(logits);
    if (produced < minTokens) {
      for (int token : endTokens) {
        logits[token] = Float.NEGATIVE_INFINITY;
      }
    }
    return sampler.sample(logits);
  }

  private static void requireNumbers(float[] logits) {
    for (int token = 0; token < logits.length; token++) {
      if (Float.isNaN(logits[token])) {
        throw new InternVlException(
            "the logit of token "
                + token
                + " is not a number: weights are damaged, or values too large for half precision;"
                + " compare the file with its source, or try KvCacheType.F32 and Precision.EXACT");
      }
    }
  }

  private @Nullable FinishReason limit() {
    if (cancelled) {
      return FinishReason.CANCELLED;
    }
    if (produced >= maxTokens) {
      return FinishReason.MAX_TOKENS;
    }
    return unevaluated >= 0 && cache.length() >= cache.maxLength()
        ? FinishReason.CONTEXT_FULL
        : null;
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

  List<TokenProbability> probabilities() {
    return probabilities.tokens();
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
