package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;

/** Operations on a range of rows, each row by itself. Single-threaded; arguments are checked. */
final class RowOperations {
  private RowOperations() {}

  /** See {@link Kernels#rmsNorm}. */
  static void rmsNorm(Tensor x, int from, int end, Tensor weight, float eps, Tensor y) {
    MemorySegment in = x.segment();
    MemorySegment w = weight.segment();
    MemorySegment out = y.segment();
    for (int row = from; row < end; row++) {
      VectorNorms.rms(in, x.rowOffset(row), w, x.cols(), eps, out, y.rowOffset(row));
    }
  }

  /** See {@link Kernels#gate}. */
  static void gate(Tensor gate, Tensor up, int from, int end, GateActivation activation, Tensor y) {
    for (int token = from; token < end; token++) {
      OutputRows.writeGated(
          activation,
          gate.segment(),
          gate.rowOffset(token),
          up.segment(),
          up.rowOffset(token),
          y.segment(),
          y.rowOffset(token),
          y.cols());
    }
  }

  /** See {@link Kernels#rmsNormHeads}. */
  static void rmsNormHeads(Tensor x, int from, int end, int heads, Tensor weight, float eps) {
    MemorySegment segment = x.segment();
    MemorySegment w = weight.segment();
    int headDim = weight.cols();
    for (int row = from; row < end; row++) {
      for (int head = 0; head < heads; head++) {
        long at = headOffset(x, row, head, headDim);
        VectorNorms.rms(segment, at, w, headDim, eps, segment, at);
      }
    }
  }

  /** See {@link Kernels#layerNorm}. */
  static void layerNorm(
      Tensor x, int from, int end, Tensor weight, Tensor bias, float eps, Tensor y) {
    MemorySegment in = x.segment();
    MemorySegment w = weight.segment();
    MemorySegment b = bias.segment();
    MemorySegment out = y.segment();
    for (int row = from; row < end; row++) {
      VectorNorms.layer(in, x.rowOffset(row), w, b, x.cols(), eps, out, y.rowOffset(row));
    }
  }

  /** See {@link Kernels#rotate}. */
  static void rotate(
      Tensor x,
      int from,
      int end,
      int heads,
      int headDim,
      Tensor cos,
      Tensor sin,
      boolean interleaved) {
    MemorySegment segment = x.segment();
    MemorySegment c = cos.segment();
    MemorySegment s = sin.segment();
    int pairs = cos.cols();
    for (int row = from; row < end; row++) {
      long co = cos.rowOffset(row);
      long so = sin.rowOffset(row);
      for (int head = 0; head < heads; head++) {
        long at = headOffset(x, row, head, headDim);
        if (interleaved) {
          VectorRows.rotateNeighbours(segment, at, c, co, s, so, pairs);
        } else {
          VectorRows.rotateHalves(segment, at, c, co, s, so, pairs);
        }
      }
    }
  }

  /** See {@link Kernels#store}. */
  static void store(Tensor k, Tensor v, int from, int end, KvLayer cache, int first) {
    for (int row = from; row < end; row++) {
      storeRow(k, row, cache, cache.keys(), first + row);
      storeRow(v, row, cache, cache.values(), first + row);
    }
  }

  private static void storeRow(
      Tensor x, int row, KvLayer cache, MemorySegment target, int position) {
    int headDim = cache.headDim();
    for (int head = 0; head < cache.kvHeads(); head++) {
      long at = headOffset(x, row, head, headDim);
      long to = cache.offset(head, position);
      switch (cache.format()) {
        case F16 -> VectorRows.toHalf(x.segment(), at, target, to, headDim);
        case F32 -> MemorySegment.copy(x.segment(), at, target, to, (long) headDim * Float.BYTES);
      }
    }
  }

  private static long headOffset(Tensor x, int row, int head, int headDim) {
    return x.rowOffset(row) + (long) head * headDim * Float.BYTES;
  }
}
