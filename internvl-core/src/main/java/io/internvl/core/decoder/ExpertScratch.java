package io.internvl.core.decoder;

import io.internvl.core.kernel.Tensor;
import java.lang.foreign.Arena;

/** Routing decisions and gathered rows of a mixture of experts; one per session. */
final class ExpertScratch {
  final Tensor router; // (tokens, experts)
  final Tensor input; // (tokens, hidden)
  final Tensor inner; // (tokens, expertSize)
  final Tensor output; // (tokens, hidden)
  final int[] tokenOf; // (tokens): row of x that gathered row i came from
  final float[] weightOf; // (tokens)
  private final int[] chosen; // (tokens, used)
  private final float[] weights; // (tokens, used)
  private final float[] logits; // (experts)

  ExpertScratch(Arena arena, DecoderConfig config, int maxTokens) {
    ExpertConfig experts = config.experts();
    router = Tensor.allocate(arena, maxTokens, experts.count());
    input = Tensor.allocate(arena, maxTokens, config.hiddenSize());
    inner = Tensor.allocate(arena, maxTokens, experts.hiddenSize());
    output = Tensor.allocate(arena, maxTokens, config.hiddenSize());
    tokenOf = new int[maxTokens];
    weightOf = new float[maxTokens];
    chosen = new int[maxTokens * experts.used()];
    weights = new float[maxTokens * experts.used()];
    logits = new float[experts.count()];
  }

  /** Chooses the experts of a token: the largest logits, weighted by their softmax. */
  void route(int token, int experts, int used) {
    router.copyRowTo(token, logits, 0);
    int base = token * used;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < used; i++) {
      int best = 0;
      for (int e = 1; e < experts; e++) {
        if (logits[e] > logits[best]) {
          best = e;
        }
      }
      max = i == 0 ? logits[best] : max;
      chosen[base + i] = best;
      weights[base + i] = (float) Math.exp(logits[best] - max);
      logits[best] = Float.NEGATIVE_INFINITY;
    }
    float sum = 0;
    for (int i = 0; i < used; i++) {
      sum += weights[base + i];
    }
    for (int i = 0; i < used; i++) {
      weights[base + i] /= sum;
    }
  }

  /** Lists the tokens that chose an expert in tokenOf and weightOf, and returns their number. */
  int gather(int expert, int tokens, int used) {
    int count = 0;
    for (int i = 0; i < tokens * used; i++) {
      if (chosen[i] == expert) {
        tokenOf[count] = i / used;
        weightOf[count] = weights[i];
        count++;
      }
    }
    return count;
  }
}
