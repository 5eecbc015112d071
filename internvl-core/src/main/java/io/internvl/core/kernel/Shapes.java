package io.internvl.core.kernel;

import org.jspecify.annotations.Nullable;

/** Checks of arguments at the entry of each operation. */
final class Shapes {
  private Shapes() {}

  static void check(boolean valid, String what, long found, long expected) {
    if (!valid) {
      throw new IllegalArgumentException(what + " = " + found + ", expected " + expected);
    }
  }

  static void equal(String what, long found, long expected) {
    check(found == expected, what, found, expected);
  }

  /** Checks that {@code tensor} has {@code cols} columns and at least {@code rows} rows. */
  static void tensor(String name, Tensor tensor, int rows, int cols) {
    tensor(name, "", tensor, rows, cols);
  }

  // The name is in two parts, so that nothing is joined unless the check fails.
  private static void tensor(String role, String name, Tensor tensor, int rows, int cols) {
    if (tensor.cols() != cols || tensor.rows() < rows || rows < 0) {
      throw new IllegalArgumentException(
          role
              + name
              + " is ("
              + tensor.rows()
              + ", "
              + tensor.cols()
              + "), expected at least "
              + rows
              + " rows of "
              + cols
              + " columns");
    }
  }

  static void linear(Tensor x, int tokens, Linear linear, Tensor y) {
    WeightMatrix weight = linear.weight();
    tensor("input of ", weight.name(), x, tokens, weight.cols());
    tensor("output of ", weight.name(), y, tokens, weight.rows());
    Tensor bias = linear.bias();
    if (bias != null) {
      tensor("bias of ", weight.name(), bias, 1, weight.rows());
    }
  }

  static void scale(Epilogue epilogue, @Nullable Tensor scale, int rows) {
    if ((epilogue == Epilogue.ADD_SCALED) != (scale != null)) {
      throw new IllegalArgumentException(
          epilogue + (scale == null ? " without a scale" : " with a scale"));
    }
    if (scale != null) {
      tensor("scale", scale, 1, rows);
    }
  }

  static void linears(Tensor x, int tokens, Linear[] linears, Tensor[] ys) {
    equal("outputs", ys.length, linears.length);
    for (int i = 0; i < linears.length; i++) {
      linear(x, tokens, linears[i], ys[i]);
    }
  }

  static void gate(Tensor gate, Tensor up, int tokens, Tensor y) {
    tensor("gate values", gate, tokens, y.cols());
    tensor("up values", up, tokens, y.cols());
    tensor("output of gate", y, tokens, y.cols());
  }

  static void rmsNorm(Tensor x, int tokens, Tensor weight, Tensor y) {
    tensor("norm weight", weight, 1, x.cols());
    tensor("input of rmsNorm", x, tokens, x.cols());
    tensor("output of rmsNorm", y, tokens, x.cols());
  }

  static void rmsNormHeads(Tensor x, int tokens, int heads, Tensor weight) {
    tensor("input of rmsNormHeads", x, tokens, heads * weight.cols());
  }

  static void layerNorm(Tensor x, int tokens, Tensor weight, Tensor bias, Tensor y) {
    tensor("norm weight", weight, 1, x.cols());
    tensor("norm bias", bias, 1, x.cols());
    tensor("input of layerNorm", x, tokens, x.cols());
    tensor("output of layerNorm", y, tokens, x.cols());
  }

  static void decodeRow(WeightMatrix weight, int row, Tensor y, int yRow) {
    row(weight.name(), row, weight.rows());
    row("output of decodeRow", yRow, y.rows());
    equal("columns of the output of decodeRow", y.cols(), weight.cols());
  }

  static void addScaledRow(Tensor x, int xRow, Tensor y, int yRow) {
    row("input of addScaledRow", xRow, x.rows());
    row("output of addScaledRow", yRow, y.rows());
    equal("columns of the output of addScaledRow", y.cols(), x.cols());
  }

  static void rotate(Tensor x, int tokens, int heads, int headDim, Tensor cos, Tensor sin) {
    tensor("input of rotate", x, tokens, heads * headDim);
    tensor("cos", cos, tokens, cos.cols());
    tensor("sin", sin, tokens, cos.cols());
    check(2 * cos.cols() <= headDim, "rotated elements of a head", 2L * cos.cols(), headDim);
  }

  static void store(Tensor k, Tensor v, int tokens, KvLayer cache, int first) {
    tensor("keys", k, tokens, cache.kvHeads() * cache.headDim());
    tensor("values", v, tokens, cache.kvHeads() * cache.headDim());
    positions(tokens, cache, first);
  }

  static void attention(
      Tensor q, int tokens, KvLayer cache, int first, AttentionShape shape, Tensor y) {
    attentionShape(shape);
    equal("key/value heads of the cache", cache.kvHeads(), shape.kvHeads());
    equal("head size of the cache", cache.headDim(), shape.headDim());
    tensor("queries", q, tokens, shape.heads() * shape.headDim());
    tensor("attention output", y, tokens, shape.heads() * shape.headDim());
    positions(tokens, cache, first);
  }

  static void fullAttention(
      Tensor q, Tensor k, Tensor v, int groups, int tokens, AttentionShape shape, Tensor y) {
    attentionShape(shape);
    equal("key/value heads", shape.kvHeads(), shape.heads());
    equal("attention window", shape.window(), 0);
    int rows = Math.multiplyExact(groups, tokens);
    int cols = shape.heads() * shape.headDim();
    tensor("queries", q, rows, cols);
    tensor("keys", k, rows, cols);
    tensor("values", v, rows, cols);
    tensor("attention output", y, rows, cols);
  }

  private static void row(String name, int row, int rows) {
    if (row < 0 || row >= rows) {
      throw new IndexOutOfBoundsException(name + ": row " + row + " of " + rows);
    }
  }

  private static void attentionShape(AttentionShape shape) {
    equal("heads modulo key/value heads", shape.heads() % shape.kvHeads(), 0);
    Tensor sinks = shape.sinks();
    if (sinks != null) {
      tensor("sinks", sinks, 1, shape.heads());
    }
  }

  private static void positions(int tokens, KvLayer cache, int first) {
    if (first < 0 || first + tokens > cache.capacity()) {
      throw new IllegalArgumentException(
          "positions "
              + first
              + " .. "
              + (first + tokens - 1)
              + " in a cache of "
              + cache.capacity());
    }
  }
}
