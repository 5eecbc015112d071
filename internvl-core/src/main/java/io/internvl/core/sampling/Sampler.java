package io.internvl.core.sampling;

import java.util.SplittableRandom;

/**
 * Chooses the next token: repetition penalty, temperature, top-k, top-p, min-p, draw, in this
 * order, which is that of the {@code generate} that InternVL's own chat calls. llama.cpp applies
 * the temperature last.
 *
 * <p>Allocates nothing per token. The same seed and logits give the same tokens. Belongs to one
 * answer and one thread.
 */
public final class Sampler {
  /** With top-k off, candidates beyond this many likeliest tokens are not drawn. */
  private static final int MAX_CANDIDATES = 4096;

  private final SamplingOptions options;
  private final RepetitionPenalty penalty;
  private final Candidates candidates;
  private final TopP topP;
  private final MinP minP;
  private final SplittableRandom random;

  /**
   * Creates a sampler.
   *
   * @param options settings
   * @param vocabularySize number of logits
   */
  public Sampler(SamplingOptions options, int vocabularySize) {
    this.options = options;
    penalty = new RepetitionPenalty(options.repetitionPenalty(), vocabularySize);
    int kept = options.topK() == 0 ? MAX_CANDIDATES : options.topK();
    candidates = new Candidates(options.temperature() == 0 ? 1 : Math.min(kept, vocabularySize));
    topP = new TopP(options.topP());
    minP = new MinP(options.minP());
    random = new SplittableRandom(options.seed());
  }

  /**
   * Notes a token for the repetition penalty.
   *
   * @param token token id
   */
  public void accept(int token) {
    penalty.accept(token);
  }

  /**
   * Chooses a token and notes it.
   *
   * @param logits one value a token; changed by the penalty
   * @return token id
   */
  public int sample(float[] logits) {
    penalty.apply(logits);
    candidates.fill(logits);
    int token = options.temperature() == 0 ? candidates.id(0) : draw();
    penalty.accept(token);
    return token;
  }

  private int draw() {
    candidates.temper(options.temperature());
    topP.apply(candidates);
    minP.apply(candidates);
    candidates.softmax();
    double left = random.nextDouble();
    for (int i = 0; i < candidates.size() - 1; i++) {
      left -= candidates.probability(i);
      if (left < 0) {
        return candidates.id(i);
      }
    }
    return candidates.id(candidates.size() - 1);
  }
}
