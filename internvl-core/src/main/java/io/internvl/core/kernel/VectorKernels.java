package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations on vectors and several threads. Checks arguments and picks the kernel. */
final class VectorKernels implements Kernels {
  /** Rows of a block when a row-wise operation is shared among threads. */
  private static final int TOKENS_PER_BLOCK = 16;

  private final Workers workers;

  VectorKernels(KernelOptions options) {
    workers = Workers.start(options.threads());
  }

  @Override
  public Workspace newWorkspace() {
    return new VectorWorkspace(workers);
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
    VectorWorkspace.of(workspace).gemm().linear(x, tokens, linear, epilogue, scale, y);
  }

  @Override
  public void linears(Workspace workspace, Tensor x, int tokens, Linear[] linears, Tensor[] ys) {
    Shapes.linears(x, tokens, linears, ys);
    VectorWorkspace.of(workspace).gemm().linears(x, tokens, linears, ys);
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
    VectorWorkspace.of(workspace).gemm().gated(x, tokens, gate, up, activation, y);
  }

  /** What is done to one token. */
  private interface TokenTask {
    void run(int token);
  }

  /** Runs a row-wise operation, on all threads when there are many tokens. */
  private void forEachToken(int tokens, TokenTask task) {
    if (tokens < 2 * TOKENS_PER_BLOCK) {
      for (int token = 0; token < tokens; token++) {
        task.run(token);
      }
      return;
    }
    workers.run(
        (block, worker) -> {
          int end = Math.min((block + 1) * TOKENS_PER_BLOCK, tokens);
          for (int token = block * TOKENS_PER_BLOCK; token < end; token++) {
            task.run(token);
          }
        },
        Math.ceilDiv(tokens, TOKENS_PER_BLOCK));
  }

  @Override
  public void rmsNorm(Tensor x, int tokens, Tensor weight, float eps, Tensor y) {
    Shapes.rmsNorm(x, tokens, weight, y);
    MemorySegment in = x.segment();
    MemorySegment w = weight.segment();
    forEachToken(
        tokens,
        token ->
            VectorNorms.rms(
                in, x.rowOffset(token), w, x.cols(), eps, y.segment(), y.rowOffset(token)));
  }

  @Override
  public void rmsNormHeads(Tensor x, int tokens, int heads, Tensor weight, float eps) {
    Shapes.rmsNormHeads(x, tokens, heads, weight);
    MemorySegment segment = x.segment();
    MemorySegment w = weight.segment();
    int headDim = weight.cols();
    forEachToken(
        tokens,
        token -> {
          for (int head = 0; head < heads; head++) {
            long offset = x.rowOffset(token) + (long) head * headDim * Float.BYTES;
            VectorNorms.rms(segment, offset, w, headDim, eps, segment, offset);
          }
        });
  }

  @Override
  public void layerNorm(Tensor x, int tokens, Tensor weight, Tensor bias, float eps, Tensor y) {
    Shapes.layerNorm(x, tokens, weight, bias, y);
    MemorySegment in = x.segment();
    MemorySegment w = weight.segment();
    MemorySegment b = bias.segment();
    MemorySegment out = y.segment();
    forEachToken(
        tokens,
        token ->
            VectorNorms.layer(
                in, x.rowOffset(token), w, b, x.cols(), eps, out, y.rowOffset(token)));
  }

  @Override
  public void rotate(
      Tensor x, int tokens, int heads, int headDim, Tensor cos, Tensor sin, boolean interleaved) {
    Shapes.rotate(x, tokens, heads, headDim, cos, sin);
    MemorySegment segment = x.segment();
    MemorySegment c = cos.segment();
    MemorySegment s = sin.segment();
    int pairs = cos.cols();
    forEachToken(
        tokens,
        token -> {
          long co = cos.rowOffset(token);
          long so = sin.rowOffset(token);
          for (int head = 0; head < heads; head++) {
            long offset = x.rowOffset(token) + (long) head * headDim * Float.BYTES;
            if (interleaved) {
              VectorRows.rotateNeighbours(segment, offset, c, co, s, so, pairs);
            } else {
              VectorRows.rotateHalves(segment, offset, c, co, s, so, pairs);
            }
          }
        });
  }

  @Override
  public void store(Tensor k, Tensor v, int tokens, KvLayer cache, int first) {
    Shapes.store(k, v, tokens, cache, first);
    forEachToken(
        tokens,
        token -> {
          storeRow(k, token, cache, cache.keys(), first + token);
          storeRow(v, token, cache, cache.values(), first + token);
        });
  }

  private static void storeRow(
      Tensor x, int token, KvLayer cache, MemorySegment target, int position) {
    int headDim = cache.headDim();
    for (int head = 0; head < cache.kvHeads(); head++) {
      long from = x.rowOffset(token) + (long) head * headDim * Float.BYTES;
      long to = cache.offset(head, position);
      switch (cache.format()) {
        case F16 -> VectorRows.toHalf(x.segment(), from, target, to, headDim);
        case F32 -> MemorySegment.copy(x.segment(), from, target, to, (long) headDim * Float.BYTES);
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
    if (shape.headDim() > FusedAttention.MAX_HEAD_DIM) {
      ScalarAttention.causal(workers, q, tokens, cache, first, shape, y);
      return;
    }
    KeyValues keyValues = new KeyValues.Cached(cache);
    List<WorkerScratch> scratch = VectorWorkspace.of(workspace).scratch();
    new FusedAttention(scratch, shape, keyValues, q, 1, tokens, first, true, y).run(workers);
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
    if (shape.headDim() > FusedAttention.MAX_HEAD_DIM) {
      ScalarAttention.full(workers, q, k, v, groups, tokensPerGroup, shape, y);
      return;
    }
    KeyValues keyValues = new KeyValues.Rows(k, v, tokensPerGroup, shape.headDim());
    List<WorkerScratch> scratch = VectorWorkspace.of(workspace).scratch();
    new FusedAttention(scratch, shape, keyValues, q, groups, tokensPerGroup, 0, false, y)
        .run(workers);
  }

  @Override
  public void decodeRow(WeightMatrix weight, int row, Tensor y, int yRow) {
    Shapes.decodeRow(weight, row, y, yRow);
    float[] values = new float[weight.cols()];
    RowCodec.decode(weight, row, 0, weight.cols(), values, 0);
    y.setRow(yRow, values, 0);
  }

  @Override
  public void addScaledRow(Tensor x, int xRow, float factor, Tensor y, int yRow) {
    Shapes.addScaledRow(x, xRow, y, yRow);
    VectorRows.addScaled(
        x.segment(), x.rowOffset(xRow), factor, y.segment(), y.rowOffset(yRow), x.cols());
  }

  @Override
  public String description() {
    return "vector " + VectorSupport.VECTOR_BITS + "-bit, " + workers.threads() + " threads";
  }

  @Override
  public void close() {
    workers.close();
  }
}
