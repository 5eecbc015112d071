package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.ROWS;
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
 * and a range of panels. For each 256 columns the rows are decoded to float32 into a tile that
 * stays in the second-level cache, and multiplied with every panel of the range; the sums, lanes
 * being tokens, stay there as well. At the end they are transposed to one row a token, and go
 * through bias and epilogue into the output. Goto and van de Geijn (2008) describe the scheme.
 */
final class Gemm implements Workers.Task, AutoCloseable {
  private static final int ROW_UNIT = 16; // rows of a block: whole vectors, whole cache lines
  private static final int MIN_ROWS = 32;
  private static final int BLOCKS_PER_THREAD = 6; // so that a slow thread can take fewer

  /** Tokens of a block: with TILE_ROWS rows, 400 KiB of sums in the second-level cache. */
  private static final int MAX_TOKENS = 528;

  /** Start of the sums: zeros, which the first 256 columns are added to. */
  private static final long ZEROS_BYTES = (long) ROWS * WIDE * Float.BYTES;

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

  /** Chooses the size of blocks and returns how many row blocks there are. */
  private int plan() {
    int maxPanels = MAX_TOKENS / WIDE;
    tokenBlocks = Math.ceilDiv(layout.count(), maxPanels);
    panelsPerBlock = Math.ceilDiv(layout.count(), tokenBlocks);
    int rows = 0;
    for (Linear linear : linears) {
      rows += linear.weight().rows();
    }
    int wanted = Math.ceilDiv(BLOCKS_PER_THREAD * workers.threads(), tokenBlocks);
    int maxRows = WorkerScratch.TILE_ROWS / (up == null ? 1 : 2);
    rowsPerBlock =
        Math.clamp(Panels.roundUp(Math.ceilDiv(rows, wanted), ROW_UNIT), MIN_ROWS, maxRows);
    int blocks = 0;
    for (Linear linear : linears) {
      blocks += Math.ceilDiv(linear.weight().rows(), rowsPerBlock);
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
    for (int col = 0; col < cols; col += TILE_STRIDE) {
      int count = Math.min(TILE_STRIDE, cols - col);
      decode(linear.weight(), firstRow, rows, col, count, mine.tile(), 0);
      if (up != null) {
        decode(up.weight(), firstRow, rows, col, count, mine.tile(), padded);
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
    MemorySegment sums = mine.sums.atLeast(sumsOffset(endPanel, firstPanel, tileRows));
    sums.asSlice(0, ZEROS_BYTES).fill((byte) 0);
    return sums;
  }

  private long sumsOffset(int panel, int firstPanel, int tileRows) {
    long lanes = (long) layout.firstToken(panel) - layout.firstToken(firstPanel);
    return ZEROS_BYTES + lanes * tileRows * Float.BYTES;
  }

  private static void decode(
      WeightMatrix weight, int firstRow, int rows, int col, int count, float[] tile, int tileRow) {
    int padded = Panels.roundUp(count, MicroKernels.DEPTH_UNIT);
    for (int row = 0; row < rows; row++) {
      int target = (tileRow + row) * TILE_STRIDE;
      RowCodec.decode(weight, firstRow + row, col, count, tile, target);
      for (int i = count; i < padded; i++) {
        tile[target + i] = 0;
      }
    }
  }

  private void multiplyPanel(
      float[] tile, int tileRows, int panel, int col, int count, MemorySegment sums, long target) {
    boolean wide = layout.isWide(panel);
    long rowBytes = (long) layout.width(panel) * Float.BYTES;
    long x = panels.offset(panel) + col * rowBytes;
    int depth = Panels.roundUp(count, MicroKernels.DEPTH_UNIT);
    for (int row = 0; row < tileRows; row += ROWS) {
      long to = target + row * rowBytes;
      long from = col == 0 ? 0 : to;
      MicroKernels.multiply(
          tile, row * TILE_STRIDE, depth, panels.segment(), x, wide, sums, from, to);
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
    addBias(linear, staging, v, first, rows);
    if (up != null && activation != null) {
      long upOffset = v + (long) rows * Float.BYTES;
      addBias(up, staging, upOffset, first, rows);
      OutputRows.writeGated(activation, staging, v, staging, upOffset, y.segment(), target, rows);
    } else {
      MemorySegment factors = scale == null ? null : scale.segment();
      OutputRows.write(epilogue, staging, v, factors, first, y.segment(), target, rows);
    }
  }

  private static void addBias(Linear linear, MemorySegment v, long vo, long first, int rows) {
    Tensor bias = linear.bias();
    if (bias != null) {
      OutputRows.addBias(v, vo, bias.segment(), first, rows);
    }
  }

  @Override
  public void close() {
    panels.close();
  }
}
