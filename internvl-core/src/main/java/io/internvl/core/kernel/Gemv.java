package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of one token, or a few, with weight matrices: decode. Every weight is read from memory
 * once.
 *
 * <p>A block of work is a range of rows. It is multiplied with one token, or a few, by the {@link
 * GemvKernel} of the tensor type; with more tokens, and when a type has no kernel, in {@link
 * GemvTile}. Sums then pass bias and epilogue into the output, as in {@link Gemm}.
 */
final class Gemv implements Workers.Task, AutoCloseable {
  /**
   * Most tokens for which reading the weights, not arithmetic, takes the time. With narrow vectors
   * seven take longer here than in {@link Gemm}.
   */
  static final int MAX_TOKENS = VectorSupport.LANES < 16 ? 6 : 8;

  private static final long UNIT_BYTES = (long) RowShares.UNIT * Float.BYTES;
  private static final int MAP_FLOATS = RowShares.STREAMS * RowShares.UNIT; // sums of one map
  private static final long MAP_BYTES = (long) MAP_FLOATS * Float.BYTES;

  private final Workers workers;
  private final List<WorkerScratch> scratch;
  private final GemvKernels kernels;
  private final RowShares shares;
  private final TokenInput[] inputs = new TokenInput[MAX_TOKENS];

  private final Linear[] single = new Linear[1];
  private final Tensor[] singleOutput = new Tensor[1];
  private Linear[] linears = {};
  private Tensor[] outputs = {};
  private Epilogue epilogue = Epilogue.STORE;
  private @Nullable Tensor scale;
  private @Nullable GateActivation activation;
  private @Nullable Linear up;
  private int tokens;

  Gemv(Workers workers, List<WorkerScratch> scratch, Precision precision) {
    this.workers = workers;
    this.scratch = scratch;
    kernels = new GemvKernels(precision);
    shares = new RowShares(workers.threads());
    for (int token = 0; token < MAX_TOKENS; token++) {
      inputs[token] = new TokenInput();
    }
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
    for (int token = 0; token < newTokens; token++) {
      inputs[token].set(x, token);
    }
    for (Linear linear : newLinears) {
      prepare(linear);
    }
    if (up != null) {
      prepare(up);
    }
    workers.run(this, shares.divide(newLinears, up));
  }

  private void prepare(Linear linear) {
    GemvKernel kernel = kernel(linear.weight());
    for (int token = 0; token < tokens; token++) {
      if (kernel == null) {
        inputs[token].prepareArray();
      } else {
        kernel.prepare(inputs[token]);
      }
    }
  }

  /** The kernel that multiplies the tokens one by one; null for {@link GemvTile}. */
  private @Nullable GemvKernel kernel(WeightMatrix weight) {
    GemvKernel kernel = kernels.find(weight);
    return kernel != null && tokens <= kernel.mostTokens() ? kernel : null;
  }

  @Override
  public void run(int block, int worker) {
    long claim = shares.claim(worker);
    int index = shares.matrix(claim);
    Linear linear = linears[index];
    int rows = linear.weight().rows();
    int firstRow = shares.firstRow(claim, index);
    int apart = shares.streamRows(claim, index);
    int behind = shares.endRow(claim, index, rows) - firstRow;
    int streams = Math.min(Math.ceilDiv(behind, apart), RowShares.STREAMS);
    WorkerScratch mine = scratch.get(worker);
    MemorySegment sums = mine.sums.atLeast(tokens * tokenBytes());
    products(linear, firstRow, apart, streams, mine, sums, 0);
    if (up != null) {
      products(up, firstRow, apart, streams, mine, sums, MAP_BYTES);
    }
    for (int token = 0; token < tokens; token++) {
      store(sums, token, linear, outputs[index], firstRow, apart, streams);
    }
  }

  /** Bytes of the sums of one token. */
  private long tokenBytes() {
    return up == null ? MAP_BYTES : 2 * MAP_BYTES;
  }

  /** Multiplies the rows of a piece; sums of stream s, row r are at to + (s * UNIT + r) floats. */
  private void products(
      Linear linear,
      int firstRow,
      int apart,
      int streams,
      WorkerScratch mine,
      MemorySegment sums,
      long to) {
    WeightMatrix weight = linear.weight();
    int last = firstRow + (streams - 1) * apart; // only the last stream can meet the end
    int rowsOfLast = Math.min(RowShares.UNIT, weight.rows() - last);
    GemvKernel kernel = kernel(weight);
    if (kernel == null) {
      GemvTile.multiply(
          weight,
          firstRow,
          apart,
          streams,
          rowsOfLast,
          inputs,
          tokens,
          mine,
          sums,
          to,
          tokenBytes());
      return;
    }
    PackedRows packed = weight.packed();
    MemorySegment data = packed == null ? weight.data() : packed.data();
    long rowBytes = packed == null ? weight.rowBytes() : packed.rowBytes();
    for (int token = 0; token < tokens; token++) {
      kernel.multiply(
          data,
          firstRow * rowBytes,
          rowBytes,
          apart * rowBytes,
          streams,
          rowsOfLast,
          inputs[token],
          weight.cols(),
          mine,
          sums,
          to + token * tokenBytes());
    }
  }

  private void store(
      MemorySegment sums,
      int token,
      Linear linear,
      Tensor y,
      int firstRow,
      int apart,
      int streams) {
    long at = token * tokenBytes();
    for (int stream = 0; stream < streams; stream++) {
      long first = (long) (firstRow + stream * apart) * Float.BYTES;
      long part = stream * UNIT_BYTES;
      OutputRows.addBias(linear, sums, at + part, first, RowShares.UNIT);
      if (up != null) {
        OutputRows.addBias(up, sums, at + MAP_BYTES + part, first, RowShares.UNIT);
      }
    }
    Epilogue last = epilogue;
    if (up != null && activation != null) {
      OutputRows.writeGated(activation, sums, at, sums, at + MAP_BYTES, sums, at, MAP_FLOATS);
      last = Epilogue.STORE;
    } else if (epilogue == Epilogue.GELU) {
      OutputRows.write(Epilogue.GELU, sums, at, null, 0, sums, at, MAP_FLOATS);
      last = Epilogue.STORE;
    }
    MemorySegment factors = scale == null ? null : scale.segment();
    for (int stream = 0; stream < streams; stream++) {
      long first = (long) (firstRow + stream * apart) * Float.BYTES;
      long from = at + stream * UNIT_BYTES;
      long target = y.rowOffset(token) + first;
      OutputRows.write(last, sums, from, factors, first, y.segment(), target, RowShares.UNIT);
    }
  }

  @Override
  public void close() {
    for (TokenInput input : inputs) {
      input.close();
    }
  }
}
