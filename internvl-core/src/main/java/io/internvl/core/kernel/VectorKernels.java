package io.internvl.core.kernel;

import io.internvl.core.quant.BlockCodec;
import io.internvl.core.quant.BlockCodecs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations on vectors and several threads. Checks arguments and picks the kernel. */
final class VectorKernels implements Kernels {
  /** Rows of a block when a row-wise operation is shared among threads. */
  private static final int TOKENS_PER_BLOCK = 16;

  /** From this many tokens on, row-wise operations are worth waking other threads. */
  private static final int SHARED_TOKENS = 2 * TOKENS_PER_BLOCK;

  private final Workers workers;
  private final Precision precision;

  VectorKernels(KernelOptions options) {
    workers = Workers.start(options.threads());
    precision = options.precision();
  }

  @Override
  public Workspace newWorkspace() {
    return new VectorWorkspace(workers, precision);
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
    VectorWorkspace mine = VectorWorkspace.of(workspace);
    if (tokens <= Gemv.MAX_TOKENS) {
      mine.gemv().linear(x, tokens, linear, epilogue, scale, y);
    } else {
      mine.gemm().linear(x, tokens, linear, epilogue, scale, y);
    }
  }

  @Override
  public void linears(Workspace workspace, Tensor x, int tokens, Linear[] linears, Tensor[] ys) {
    Shapes.linears(x, tokens, linears, ys);
    VectorWorkspace mine = VectorWorkspace.of(workspace);
    if (tokens <= Gemv.MAX_TOKENS) {
      mine.gemv().linears(x, tokens, linears, ys);
    } else {
      mine.gemm().linears(x, tokens, linears, ys);
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
    VectorWorkspace mine = VectorWorkspace.of(workspace);
    if (tokens <= Gemv.MAX_TOKENS) {
      mine.gemv().gated(x, tokens, gate, up, activation, y);
    } else {
      mine.gemm().gated(x, tokens, gate, up, activation, y);
    }
  }

  @Override
  public void gate(Tensor gate, Tensor up, int tokens, GateActivation activation, Tensor y) {
    Shapes.gate(gate, up, tokens, y);
    if (tokens < SHARED_TOKENS) {
      RowOperations.gate(gate, up, 0, tokens, activation, y);
    } else {
      share(tokens, (from, end) -> RowOperations.gate(gate, up, from, end, activation, y));
    }
  }

  /** What is done to a range of tokens. */
  private interface TokenTask {
    void run(int from, int end);
  }

  /** Shares a row-wise operation among all threads. */
  private void share(int tokens, TokenTask task) {
    workers.run(
        (block, worker) -> {
          int from = block * TOKENS_PER_BLOCK;
          task.run(from, Math.min(from + TOKENS_PER_BLOCK, tokens));
        },
        Math.ceilDiv(tokens, TOKENS_PER_BLOCK));
  }

  @Override
  public void rmsNorm(Tensor x, int tokens, Tensor weight, float eps, Tensor y) {
    Shapes.rmsNorm(x, tokens, weight, y);
    if (tokens < SHARED_TOKENS) {
      RowOperations.rmsNorm(x, 0, tokens, weight, eps, y);
    } else {
      share(tokens, (from, end) -> RowOperations.rmsNorm(x, from, end, weight, eps, y));
    }
  }

  @Override
  public void rmsNormHeads(Tensor x, int tokens, int heads, Tensor weight, float eps) {
    Shapes.rmsNormHeads(x, tokens, heads, weight);
    if (tokens < SHARED_TOKENS) {
      RowOperations.rmsNormHeads(x, 0, tokens, heads, weight, eps);
    } else {
      share(tokens, (from, end) -> RowOperations.rmsNormHeads(x, from, end, heads, weight, eps));
    }
  }

  @Override
  public void layerNorm(Tensor x, int tokens, Tensor weight, Tensor bias, float eps, Tensor y) {
    Shapes.layerNorm(x, tokens, weight, bias, y);
    if (tokens < SHARED_TOKENS) {
      RowOperations.layerNorm(x, 0, tokens, weight, bias, eps, y);
    } else {
      share(tokens, (from, end) -> RowOperations.layerNorm(x, from, end, weight, bias, eps, y));
    }
  }

  @Override
  public void rotate(
      Tensor x, int tokens, int heads, int headDim, Tensor cos, Tensor sin, boolean interleaved) {
    Shapes.rotate(x, tokens, heads, headDim, cos, sin);
    if (tokens < SHARED_TOKENS) {
      RowOperations.rotate(x, 0, tokens, heads, headDim, cos, sin, interleaved);
    } else {
      share(
          tokens,
          (from, end) -> RowOperations.rotate(x, from, end, heads, headDim, cos, sin, interleaved));
    }
  }

  @Override
  public void store(Tensor k, Tensor v, int tokens, KvLayer cache, int first) {
    Shapes.store(k, v, tokens, cache, first);
    if (tokens < SHARED_TOKENS) {
      RowOperations.store(k, v, 0, tokens, cache, first);
    } else {
      share(tokens, (from, end) -> RowOperations.store(k, v, from, end, cache, first));
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
    if (DecodeAttention.supports(tokens, shape)) {
      VectorWorkspace.of(workspace).decodeAttention().attend(q, tokens, cache, first, shape, y);
      return;
    }
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
  public void decodeRow(Workspace workspace, WeightMatrix weight, int row, Tensor y, int yRow) {
    Shapes.decodeRow(weight, row, y, yRow);
    float[] values = VectorWorkspace.of(workspace).scratch().getFirst().tile();
    BlockCodec codec = BlockCodecs.of(weight.type());
    int step = MicroKernels.MAX_DEPTH;
    for (int col = 0; col < weight.cols(); col += step) {
      int count = Math.min(step, weight.cols() - col);
      // Vectors are on the heap until a loop is compiled, which takes thousands of rows.
      codec.decode(
          weight.data(), row * weight.rowBytes() + weight.type().byteSize(col), values, 0, count);
      y.setRange(yRow, col, values, count);
    }
  }

  @Override
  public void addScaledRow(Tensor x, int xRow, float factor, Tensor y, int yRow) {
    Shapes.addScaledRow(x, xRow, y, yRow);
    VectorRows.addScaled(
        x.segment(), x.rowOffset(xRow), factor, y.segment(), y.rowOffset(yRow), x.cols());
  }

  @Override
  public WeightMatrix withPacked(WeightMatrix weight) {
    return precision == Precision.FAST ? weight.withPacked(PackedRows.of(weight)) : weight;
  }

  @Override
  public Workers workers() {
    return workers;
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
