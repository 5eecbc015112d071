package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of one token, or a few, with weight matrices: decode. Every weight is read from memory
 * once.
 *
 * <p>A block of work is a range of rows. One token goes through the {@link GemvKernel} of the
 * tensor type; several tokens, and types without a kernel, through {@link GemvTile}. Sums then pass
 * bias and epilogue into the output, as in {@link Gemm}.
 */
final class Gemv implements Workers.Task, AutoCloseable {
  /** Most tokens for which reading the weights, not arithmetic, takes the time. */
  static final int MAX_TOKENS = 8;

  private static final int ROW_UNIT = 16; // rows of a block: whole vectors, whole cache lines
  private static final int MIN_ROWS = 32;
  private static final int MAX_ROWS = 256;
  private static final int BLOCKS_PER_THREAD = 8; // so that a slow thread can take fewer

  private final Workers workers;
  private final List<WorkerScratch> scratch;
  private final GemvKernels kernels;
  private final TokenInput input = new TokenInput();

  private final Linear[] single = new Linear[1];
  private final Tensor[] singleOutput = new Tensor[1];
  private Linear[] linears = {};
  private Tensor[] outputs = {};
  private Epilogue epilogue = Epilogue.STORE;
  private @Nullable Tensor scale;
  private @Nullable GateActivation activation;
  private @Nullable Linear up;
  private int tokens;
  private int rowsPerBlock;

  Gemv(Workers workers, List<WorkerScratch> scratch, Precision precision) {
    this.workers = workers;
    this.scratch = scratch;
    kernels = new GemvKernels(precision);
  }

  void linear(
      Tensor x,
      int newTokens,
      Linear linear,
      Epilogue newEpilogue,
      @Nullable Tensor newScale,
      Tensor y) {
    single[0] = linear;
    singleOutput[0] = y;
    epilogue = newEpilogue;
    scale = newScale;
    activation = null;
    up = null;
    multiply(x, newTokens, single, singleOutput);
  }

  void linears(Tensor x, int newTokens, Linear[] newLinears, Tensor[] ys) {
    epilogue = Epilogue.STORE;
    scale = null;
    activation = null;
    up = null;
    multiply(x, newTokens, newLinears, ys);
  }

  void gated(
      Tensor x, int newTokens, Linear gate, Linear newUp, GateActivation newActivation, Tensor y) {
    single[0] = gate;
    singleOutput[0] = y;
    up = newUp;
    activation = newActivation;
    multiply(x, newTokens, single, singleOutput);
  }

  private void multiply(Tensor x, int newTokens, Linear[] newLinears, Tensor[] ys) {
    if (newTokens == 0) {
      return;
    }
    linears = newLinears;
    outputs = ys;
    tokens = newTokens;
    input.set(x, newTokens);
    if (newTokens == 1) {
      for (Linear linear : newLinears) {
        prepare(linear);
      }
      if (up != null) {
        prepare(up);
      }
    }
    workers.run(this, plan());
  }

  private void prepare(Linear linear) {
    GemvKernel kernel = kernels.find(linear.weight());
    if (kernel != null) {
      kernel.prepare(input);
    }
  }

  /** Chooses the size of blocks and returns how many there are. */
  private int plan() {
    int rows = 0;
    for (Linear linear : linears) {
      rows += linear.weight().rows();
    }
    int wanted = BLOCKS_PER_THREAD * workers.threads();
    rowsPerBlock =
        Math.clamp(Panels.roundUp(Math.ceilDiv(rows, wanted), ROW_UNIT), MIN_ROWS, MAX_ROWS);
    int blocks = 0;
    for (Linear linear : linears) {
      blocks += Math.ceilDiv(linear.weight().rows(), rowsPerBlock);
    }
    return blocks;
  }

  @Override
  public void run(int block, int worker) {
    int rowBlock = block;
    int index = 0;
    while (rowBlock >= Math.ceilDiv(linears[index].weight().rows(), rowsPerBlock)) {
      rowBlock -= Math.ceilDiv(linears[index].weight().rows(), rowsPerBlock);
      index++;
    }
    int firstRow = rowBlock * rowsPerBlock;
    Linear linear = linears[index];
    int rows = Math.min(rowsPerBlock, linear.weight().rows() - firstRow);
    int padded = Panels.roundUp(rows, ROW_UNIT);
    WorkerScratch mine = scratch.get(worker);
    long rowBytes = (long) padded * Float.BYTES;
    long stride = up == null ? rowBytes : 2 * rowBytes; // of the sums of one token
    MemorySegment sums = mine.sums.atLeast(tokens * stride);
    products(linear, firstRow, rows, mine, sums, 0, stride);
    if (up != null) {
      products(up, firstRow, rows, mine, sums, rowBytes, stride);
    }
    for (int token = 0; token < tokens; token++) {
      store(sums, token * stride, linear, outputs[index], token, firstRow, padded);
    }
  }

  private void products(
      Linear linear,
      int firstRow,
      int rows,
      WorkerScratch mine,
      MemorySegment sums,
      long to,
      long stride) {
    WeightMatrix weight = linear.weight();
    GemvKernel kernel = tokens == 1 ? kernels.find(weight) : null;
    if (kernel == null) {
      GemvTile.multiply(weight, firstRow, rows, input, tokens, mine, sums, to, stride);
    } else {
      long rowBytes = weight.rowBytes();
      kernel.multiply(
          weight.data(), firstRow * rowBytes, rowBytes, rows, input, weight.cols(), mine, sums, to);
    }
  }

  private void store(
      MemorySegment sums, long at, Linear linear, Tensor y, int token, int firstRow, int rows) {
    long first = (long) firstRow * Float.BYTES;
    long target = y.rowOffset(token) + first;
    OutputRows.addBias(linear, sums, at, first, rows);
    if (up != null && activation != null) {
      long upOffset = at + (long) rows * Float.BYTES;
      OutputRows.addBias(up, sums, upOffset, first, rows);
      OutputRows.writeGated(activation, sums, at, sums, upOffset, y.segment(), target, rows);
    } else {
      MemorySegment factors = scale == null ? null : scale.segment();
      OutputRows.write(epilogue, sums, at, factors, first, y.segment(), target, rows);
    }
  }

  @Override
  public void close() {
    input.close();
  }
}
