package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.MAX_DEPTH;
import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.MicroKernels.WIDE;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of many tokens with weight matrices.
 *
 * <p>The activations are packed into {@link Panels} once. A block of work is a range of weight rows
 * and a range of panels. For each 1024 columns the rows are decoded to float32 into a tile that
 * stays in the second-level cache, and multiplied with every panel of the range; the sums, lanes
 * being tokens, stay there as well. At the end they are transposed to one row a token, and go
 * through bias and epilogue into the output. Goto and van de Geijn (2008) describe the scheme.
 */
final class Gemm implements Workers.Task, AutoCloseable {
  private static final int ROW_UNIT = 16; // rows of a block: whole vectors, whole cache lines
  private static final int MIN_ROWS = 32;

  /** What a block costs beside its rows, in rows: fetching the activations into the cache. */
  private static final int BLOCK_COST = 16;

  /** Rows whose next part is fetched at once, before they are decoded. */
  private static final int FETCHED_ROWS = 8;

  /** Tokens of a block: with TILE_ROWS rows, half a MiB of sums in the second-level cache. */
  private static final int MAX_TOKENS = 1056;

  /** What lies before the sums: products on their way into them. */
  private static final long PRODUCTS_BYTES = MicroKernels.SUMS_BYTES;

  private final Workers workers;
  private final List<WorkerScratch> scratch;
  private final Panels panels;
  private final PanelLayout layout;

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
  private int panelsPerBlock;
  private int tokenBlocks;

  Gemm(Workers workers, List<WorkerScratch> scratch) {
    this.workers = workers;
    this.scratch = scratch;
    panels = new Panels(workers, scratch);
    layout = panels.layout();
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
    panels.pack(x, newTokens);
    workers.run(this, plan() * tokenBlocks);
  }

  /** Chooses blocks so that all threads finish together; returns how many row blocks there are. */
  private int plan() {
    int maxPanels = MAX_TOKENS / WIDE;
    tokenBlocks = Math.ceilDiv(layout.count(), maxPanels);
    panelsPerBlock = Math.ceilDiv(layout.count(), tokenBlocks);
    int best = Integer.MAX_VALUE;
    int maxRows = WorkerScratch.TILE_ROWS / (up == null ? 1 : 2);
    for (int rows = maxRows; rows >= MIN_ROWS; rows -= ROW_UNIT) {
      int turns = Math.ceilDiv(rowBlocks(rows) * tokenBlocks, workers.threads());
      int cost = turns * (rows + BLOCK_COST);
      if (cost < best) {
        best = cost;
        rowsPerBlock = rows;
      }
    }
    return rowBlocks(rowsPerBlock);
  }

  private int rowBlocks(int rows) {
    int blocks = 0;
    for (Linear linear : linears) {
      blocks += Math.ceilDiv(linear.weight().rows(), rows);
    }
    return blocks;
  }

  @Override
  public void run(int block, int worker) {
    int rowBlock = block / tokenBlocks;
    int index = 0;
    while (rowBlock >= Math.ceilDiv(linears[index].weight().rows(), rowsPerBlock)) {
      rowBlock -= Math.ceilDiv(linears[index].weight().rows(), rowsPerBlock);
      index++;
    }
    int firstPanel = block % tokenBlocks * panelsPerBlock;
    int endPanel = Math.min(firstPanel + panelsPerBlock, layout.count());
    int firstRow = rowBlock * rowsPerBlock;
    Linear linear = linears[index];
    int rows = Math.min(rowsPerBlock, linear.weight().rows() - firstRow);
    int padded = Panels.roundUp(rows, ROW_UNIT);
    int tileRows = up == null ? padded : 2 * padded;
    WorkerScratch mine = scratch.get(worker);
    MemorySegment sums = sums(mine, firstPanel, endPanel, tileRows);
    int cols = linear.weight().cols();
    for (int col = 0; col < cols; col += MAX_DEPTH) {
      int count = Math.min(MAX_DEPTH, cols - col);
      decode(linear.weight(), firstRow, rows, col, count, mine, 0);
      if (up != null) {
        decode(up.weight(), firstRow, rows, col, count, mine, padded);
      }
      for (int panel = firstPanel; panel < endPanel; panel++) {
        long target = sumsOffset(panel, firstPanel, tileRows);
        multiplyPanel(mine.tile(), tileRows, panel, col, count, sums, target);
      }
    }
    for (int panel = firstPanel; panel < endPanel; panel++) {
      long from = sumsOffset(panel, firstPanel, tileRows);
      store(mine, sums, from, panel, linear, outputs[index], firstRow, padded, tileRows);
    }
  }

  private MemorySegment sums(WorkerScratch mine, int firstPanel, int endPanel, int tileRows) {
    return mine.sums.atLeast(sumsOffset(endPanel, firstPanel, tileRows));
  }

  private long sumsOffset(int panel, int firstPanel, int tileRows) {
    long lanes = (long) layout.firstToken(panel) - layout.firstToken(firstPanel);
    return PRODUCTS_BYTES + lanes * tileRows * Float.BYTES;
  }

  private static void decode(
      WeightMatrix weight,
      int firstRow,
      int rows,
      int col,
      int count,
      WorkerScratch mine,
      int tileRow) {
    float[] tile = mine.tile();
    PackedRows packed = weight.packed();
    for (int row = 0; row < rows; row++) {
      int to = (tileRow + row) * TILE_STRIDE;
      if (packed != null) {
        int[] codes = mine.words(PackedRowCodec.codeInts(count));
        float[] scales = mine.lanes(PackedRowCodec.scaleFloats(count));
        PackedRowCodec.decode(packed, firstRow + row, col, count, tile, to, codes, scales);
        continue;
      }
      if (row % FETCHED_ROWS == 0) {
        int end = Math.min(row + FETCHED_ROWS, rows);
        fetch(weight, firstRow + row, firstRow + end, col, count, mine);
      }
      RowCodec.decode(weight, firstRow + row, col, count, tile, to);
    }
  }

  /** Fetches a part of some rows, before they are decoded one by one. */
  private static void fetch(
      WeightMatrix weight, int row, int end, int col, int count, WorkerScratch mine) {
    long bytes = weight.type().byteSize(count);
    for (int i = row; i < end; i++) {
      long offset = i * weight.rowBytes() + weight.type().byteSize(col);
      mine.fetched = CacheLines.fetch(weight.data(), offset, bytes);
    }
  }

  private void multiplyPanel(
      float[] tile, int tileRows, int panel, int col, int count, MemorySegment sums, long target) {
    int width = layout.width(panel);
    long rowBytes = (long) width * Float.BYTES;
    MemorySegment packed = panels.segment();
    long x = panels.offset(panel) + col * rowBytes;
    if (col == 0) {
      MicroKernels.multiply(tile, tileRows, count, packed, x, width, sums, target);
    } else {
      MicroKernels.multiplyAndAdd(tile, tileRows, count, packed, x, width, sums, sums, target);
    }
  }

  private void store(
      WorkerScratch mine,
      MemorySegment sums,
      long from,
      int panel,
      Linear linear,
      Tensor y,
      int firstRow,
      int rows,
      int tileRows) {
    int width = layout.width(panel);
    long rowBytes = (long) tileRows * Float.BYTES;
    MemorySegment staging = mine.staging.atLeast(WIDE * rowBytes); // (width, tileRows)
    long stride = (long) width * Float.BYTES;
    for (int row = 0; row < tileRows; row += LANES) {
      long at = (long) row * Float.BYTES;
      Transpose.rows(sums, from + row * stride, stride, width, staging, at, rowBytes);
    }
    int firstToken = layout.firstToken(panel);
    int count = Math.min(width, tokens - firstToken);
    for (int i = 0; i < count; i++) {
      storeToken(staging, i * rowBytes, linear, y, firstToken + i, firstRow, rows);
    }
  }

  private void storeToken(
      MemorySegment staging, long v, Linear linear, Tensor y, int token, int firstRow, int rows) {
    long first = (long) firstRow * Float.BYTES;
    long target = y.rowOffset(token) + first;
    OutputRows.addBias(linear, staging, v, first, rows);
    if (up != null && activation != null) {
      long upOffset = v + (long) rows * Float.BYTES;
      OutputRows.addBias(up, staging, upOffset, first, rows);
      OutputRows.writeGated(activation, staging, v, staging, upOffset, y.segment(), target, rows);
    } else {
      MemorySegment factors = scale == null ? null : scale.segment();
      OutputRows.write(epilogue, staging, v, factors, first, y.segment(), target, rows);
    }
  }

  @Override
  public void close() {
    panels.close();
  }
}
