package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The definition of attention (Vaswani et al. 2017): one query of one head at a time. */
final class ScalarAttention {
  private ScalarAttention() {}

  /** See {@link Kernels#attention}. */
  static void causal(
      Workers workers,
      Tensor q,
      int tokens,
      KvLayer cache,
      int first,
      AttentionShape shape,
      Tensor y) {
    workers.run(
        (block, worker) -> {
          int token = block / shape.heads();
          causalQuery(q, token, block % shape.heads(), cache, first, shape, y);
        },
        tokens * shape.heads());
  }

  /** See {@link Kernels#fullAttention}. */
  static void full(
      Workers workers,
      Tensor q,
      Tensor k,
      Tensor v,
      int groups,
      int tokens,
      AttentionShape shape,
      Tensor y) {
    workers.run(
        (block, worker) -> {
          int token = block / shape.heads();
          int first = token / tokens * tokens;
          fullQuery(q, token, block % shape.heads(), k, v, first, tokens, shape, y);
        },
        groups * tokens * shape.heads());
  }

  private static void causalQuery(
      Tensor q, int token, int head, KvLayer cache, int first, AttentionShape shape, Tensor y) {
    int headDim = shape.headDim();
    int kvHead = head / (shape.heads() / shape.kvHeads());
    int position = first + token;
    int begin = shape.window() > 0 ? Math.max(0, position - shape.window() + 1) : 0;
    double[] scores = new double[position + 1 - begin];
    for (int p = begin; p <= position; p++) {
      double sum = 0;
      for (int d = 0; d < headDim; d++) {
        sum += (double) q.get(token, head * headDim + d) * read(cache, cache.keys(), kvHead, p, d);
      }
      scores[p - begin] = sum * shape.scale();
    }
    softmax(scores, shape, head);
    for (int d = 0; d < headDim; d++) {
      double sum = 0;
      for (int p = begin; p <= position; p++) {
        sum += scores[p - begin] * read(cache, cache.values(), kvHead, p, d);
      }
      y.set(token, head * headDim + d, (float) sum);
    }
  }

  private static void fullQuery(
      Tensor q,
      int token,
      int head,
      Tensor k,
      Tensor v,
      int first,
      int count,
      AttentionShape shape,
      Tensor y) {
    int from = head * shape.headDim();
    double[] scores = new double[count];
    for (int p = 0; p < count; p++) {
      double sum = 0;
      for (int d = from; d < from + shape.headDim(); d++) {
        sum += (double) q.get(token, d) * k.get(first + p, d);
      }
      scores[p] = sum * shape.scale();
    }
    softmax(scores, shape, head);
    for (int d = from; d < from + shape.headDim(); d++) {
      double sum = 0;
      for (int p = 0; p < count; p++) {
        sum += scores[p] * v.get(first + p, d);
      }
      y.set(token, d, (float) sum);
    }
  }

  /** Turns scores into weights that sum to 1, or to less when a sink takes its share. */
  private static void softmax(double[] scores, AttentionShape shape, int head) {
    Tensor sinks = shape.sinks();
    double sink = sinks == null ? Double.NEGATIVE_INFINITY : sinks.get(0, head);
    double max = sink;
    for (double score : scores) {
      max = Math.max(max, score);
    }
    double sum = Math.exp(sink - max);
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.exp(scores[i] - max);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sum;
    }
  }

  private static float read(KvLayer cache, MemorySegment segment, int head, int position, int d) {
    long offset = cache.offset(head, position) + (long) d * cache.format().bytes();
    return switch (cache.format()) {
      case F16 -> Float.float16ToFloat(segment.get(ValueLayout.JAVA_SHORT, offset));
      case F32 -> segment.get(ValueLayout.JAVA_FLOAT, offset);
    };
  }

  static void write(
      KvLayer cache, MemorySegment segment, int head, int position, int d, float value) {
    long offset = cache.offset(head, position) + (long) d * cache.format().bytes();
    switch (cache.format()) {
      case F16 -> segment.set(ValueLayout.JAVA_SHORT, offset, Float.floatToFloat16(value));
      case F32 -> segment.set(ValueLayout.JAVA_FLOAT, offset, value);
    }
  }
}
