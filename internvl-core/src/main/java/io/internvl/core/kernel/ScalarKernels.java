package io.internvl.core.kernel;

import io.internvl.core.quant.BlockCodec;
import io.internvl.core.quant.BlockCodecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The definition of every operation: plain loops, sums in double precision, stored as float32.
 * Weights are decoded row by row.
 */
final class ScalarKernels implements Kernels {
  private static final int ROWS_PER_BLOCK = 16;

  private final Workers workers;

  ScalarKernels(KernelOptions options) {
    workers = Workers.start(options.threads());
  }

  @Override
  public Workspace newWorkspace() {
    return () -> {};
  }

  /** What is done with element (token, row) of a product. */
  private interface Sink {
    void accept(int token, int row, double value);
  }

  private void multiply(Tensor x, int tokens, Linear linear, Sink sink) {
    WeightMatrix weight = linear.weight();
    int blocks = Math.ceilDiv(weight.rows(), ROWS_PER_BLOCK);
    workers.run(
        (block, worker) -> {
          float[] w = new float[weight.cols()];
          int end = Math.min((block + 1) * ROWS_PER_BLOCK, weight.rows());
          for (int row = block * ROWS_PER_BLOCK; row < end; row++) {
            decode(weight, row, w);
            double bias = bias(linear, row);
            for (int token = 0; token < tokens; token++) {
              sink.accept(token, row, dot(w, x, token) + bias);
            }
          }
        },
        blocks);
  }

  private static void decode(WeightMatrix weight, int row, float[] target) {
    BlockCodec codec = BlockCodecs.of(weight.type());
    codec.decode(weight.data(), row * weight.rowBytes(), target, 0, weight.cols());
  }

  private static double bias(Linear linear, int row) {
    Tensor bias = linear.bias();
    return bias == null ? 0 : bias.get(0, row);
  }

  private static double dot(float[] w, Tensor x, int token) {
    MemorySegment segment = x.segment();
    long offset = x.rowOffset(token);
    double sum = 0;
    for (int i = 0; i < w.length; i++) {
      sum += (double) w[i] * segment.get(ValueLayout.JAVA_FLOAT, offset + (long) i * Float.BYTES);
    }
    return sum;
  }

  @Override
  public void linear(
      Workspace workspace,
      Tensor x,
      int tokens,
      Linear linear,
      Epilogue epilogue,
      @Nullable Tensor scale,
      Tensor y) {
    Shapes.linear(x, tokens, linear, y);
    Shapes.scale(epilogue, scale, linear.weight().rows());
    multiply(
        x,
        tokens,
        linear,
        (token, row, v) -> {
          double value =
              switch (epilogue) {
                case STORE -> v;
                case ADD -> y.get(token, row) + v;
                case ADD_SCALED -> y.get(token, row) + (scale == null ? 1 : scale.get(0, row)) * v;
                case GELU -> Activations.gelu(v);
              };
          y.set(token, row, (float) value);
        });
  }

  @Override
  public void linears(Workspace workspace, Tensor x, int tokens, Linear[] linears, Tensor[] ys) {
    Shapes.linears(x, tokens, linears, ys);
    for (int i = 0; i < linears.length; i++) {
      Tensor y = ys[i];
      multiply(x, tokens, linears[i], (token, row, v) -> y.set(token, row, (float) v));
    }
  }

  @Override
  public void gatedLinear(
      Workspace workspace,
      Tensor x,
      int tokens,
      Linear gate,
      Linear up,
      GateActivation activation,
      Tensor y) {
    Shapes.linear(x, tokens, gate, y);
    Shapes.linear(x, tokens, up, y);
    multiply(x, tokens, gate, (token, row, g) -> y.set(token, row, (float) g));
    multiply(
        x,
        tokens,
        up,
        (token, row, u) ->
            y.set(token, row, (float) Activations.gated(activation, y.get(token, row), u)));
  }

  @Override
  public void gate(Tensor gate, Tensor up, int tokens, GateActivation activation, Tensor y) {
    Shapes.gate(gate, up, tokens, y);
    for (int token = 0; token < tokens; token++) {
      for (int i = 0; i < y.cols(); i++) {
        double value = Activations.gated(activation, gate.get(token, i), up.get(token, i));
        y.set(token, i, (float) value);
      }
    }
  }

  @Override
  public void rmsNorm(Tensor x, int tokens, Tensor weight, float eps, Tensor y) {
    Shapes.rmsNorm(x, tokens, weight, y);
    for (int token = 0; token < tokens; token++) {
      rmsNormPart(x, token, 0, weight, eps, y);
    }
  }

  @Override
  public void rmsNormHeads(Tensor x, int tokens, int heads, Tensor weight, float eps) {
    Shapes.rmsNormHeads(x, tokens, heads, weight);
    for (int token = 0; token < tokens; token++) {
      for (int head = 0; head < heads; head++) {
        rmsNormPart(x, token, head * weight.cols(), weight, eps, x);
      }
    }
  }

  private static void rmsNormPart(
      Tensor x, int token, int from, Tensor weight, float eps, Tensor y) {
    int n = weight.cols();
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double value = x.get(token, from + i);
      squares += value * value;
    }
    double factor = 1 / Math.sqrt(squares / n + eps);
    for (int i = 0; i < n; i++) {
      y.set(token, from + i, (float) (x.get(token, from + i) * factor * weight.get(0, i)));
    }
  }

  @Override
  public void layerNorm(Tensor x, int tokens, Tensor weight, Tensor bias, float eps, Tensor y) {
    Shapes.layerNorm(x, tokens, weight, bias, y);
    int n = x.cols();
    for (int token = 0; token < tokens; token++) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += x.get(token, i);
      }
      double mean = sum / n;
      double squares = 0;
      for (int i = 0; i < n; i++) {
        double difference = x.get(token, i) - mean;
        squares += difference * difference;
      }
      double factor = 1 / Math.sqrt(squares / n + eps);
      for (int i = 0; i < n; i++) {
        double value = (x.get(token, i) - mean) * factor * weight.get(0, i) + bias.get(0, i);
        y.set(token, i, (float) value);
      }
    }
  }

  @Override
  public void rotate(
      Tensor x, int tokens, int heads, int headDim, Tensor cos, Tensor sin, boolean interleaved) {
    Shapes.rotate(x, tokens, heads, headDim, cos, sin);
    int pairs = cos.cols();
    for (int token = 0; token < tokens; token++) {
      for (int head = 0; head < heads; head++) {
        for (int i = 0; i < pairs; i++) {
          int first = head * headDim + (interleaved ? 2 * i : i);
          int second = interleaved ? first + 1 : first + pairs;
          double a = x.get(token, first);
          double b = x.get(token, second);
          double c = cos.get(token, i);
          double s = sin.get(token, i);
          x.set(token, first, (float) (a * c - b * s));
          x.set(token, second, (float) (a * s + b * c));
        }
      }
    }
  }

  @Override
  public void store(Tensor k, Tensor v, int tokens, KvLayer cache, int first) {
    Shapes.store(k, v, tokens, cache, first);
    int headDim = cache.headDim();
    for (int token = 0; token < tokens; token++) {
      for (int head = 0; head < cache.kvHeads(); head++) {
        for (int d = 0; d < headDim; d++) {
          int col = head * headDim + d;
          ScalarAttention.write(cache, cache.keys(), head, first + token, d, k.get(token, col));
          ScalarAttention.write(cache, cache.values(), head, first + token, d, v.get(token, col));
        }
      }
    }
  }

  @Override
  public void attention(
      Workspace workspace,
      Tensor q,
      int tokens,
      KvLayer cache,
      int first,
      AttentionShape shape,
      Tensor y) {
    Shapes.attention(q, tokens, cache, first, shape, y);
    ScalarAttention.causal(workers, q, tokens, cache, first, shape, y);
  }

  @Override
  public void fullAttention(
      Workspace workspace,
      Tensor q,
      Tensor k,
      Tensor v,
      int groups,
      int tokensPerGroup,
      AttentionShape shape,
      Tensor y) {
    Shapes.fullAttention(q, k, v, groups, tokensPerGroup, shape, y);
    ScalarAttention.full(workers, q, k, v, groups, tokensPerGroup, shape, y);
  }

  @Override
  public void decodeRow(Workspace workspace, WeightMatrix weight, int row, Tensor y, int yRow) {
    Shapes.decodeRow(weight, row, y, yRow);
    float[] values = new float[weight.cols()];
    decode(weight, row, values);
    y.setRow(yRow, values, 0);
  }

  @Override
  public void addScaledRow(Tensor x, int xRow, float factor, Tensor y, int yRow) {
    Shapes.addScaledRow(x, xRow, y, yRow);
    for (int i = 0; i < x.cols(); i++) {
      y.set(yRow, i, y.get(yRow, i) + factor * x.get(xRow, i));
    }
  }

  @Override
  public WeightMatrix withPacked(WeightMatrix weight) {
    return weight;
  }

  @Override
  public Workers workers() {
    return workers;
  }

  @Override
  public String description() {
    return "scalar, " + workers.threads() + " threads";
  }

  @Override
  public void close() {
    workers.close();
  }
}
