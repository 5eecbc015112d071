package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Activations packed for {@link MicroKernels}: panels of consecutive tokens, each (depth, width)
 * with the tokens side by side. Missing tokens are zero.
 */
final class Panels implements Workers.Task, AutoCloseable {
  private static final int CHUNK = 256; // columns that one block packs

  private final Workers workers;
  private final List<WorkerScratch> scratch;
  private final PanelLayout layout = new PanelLayout();
  private final Buffer buffer = new Buffer();
  private MemorySegment segment = MemorySegment.NULL;
  private @Nullable Tensor x;
  private int tokens;
  private int paddedDepth;
  private int chunks;

  Panels(Workers workers, List<WorkerScratch> scratch) {
    this.workers = workers;
    this.scratch = scratch;
  }

  /** Packs the first rows of a tensor. */
  void pack(Tensor newX, int newTokens) {
    x = newX;
    tokens = newTokens;
    paddedDepth = roundUp(newX.cols(), LANES);
    chunks = Math.ceilDiv(newX.cols(), CHUNK);
    layout.divide(newTokens);
    segment = buffer.atLeast(offset(layout.count()));
    workers.run(this, layout.count() * chunks);
  }

  static int roundUp(int value, int unit) {
    return Math.ceilDiv(value, unit) * unit;
  }

  MemorySegment segment() {
    return segment;
  }

  PanelLayout layout() {
    return layout;
  }

  /** Returns the byte offset of a panel. */
  long offset(int panel) {
    return (long) layout.firstToken(panel) * paddedDepth * Float.BYTES;
  }

  /** Packs a range of columns of one panel. */
  @Override
  public void run(int block, int worker) {
    Tensor source = x;
    if (source == null) {
      return;
    }
    int panel = block / chunks;
    int from = block % chunks * CHUNK;
    int cols = Math.min(CHUNK, source.cols() - from);
    int width = layout.width(panel);
    long rowBytes = (long) width * Float.BYTES;
    long target = offset(panel) + from * rowBytes;
    for (int lane = 0; lane < width; lane += LANES) {
      int token = layout.firstToken(panel) + lane;
      long to = target + (long) lane * Float.BYTES;
      if (token + LANES <= tokens) {
        long rows = source.rowOffset(token) + (long) from * Float.BYTES;
        long stride = (long) source.stride() * Float.BYTES;
        Transpose.rows(source.segment(), rows, stride, cols, segment, to, rowBytes);
      } else {
        MemorySegment rows = stage(source, token, from, cols, scratch.get(worker));
        Transpose.rows(rows, 0, (long) CHUNK * Float.BYTES, cols, segment, to, rowBytes);
      }
    }
  }

  /** Copies the tokens that exist, followed by zeros, so that LANES rows can be read. */
  private MemorySegment stage(Tensor source, int token, int from, int cols, WorkerScratch worker) {
    MemorySegment rows = worker.staging.atLeast((long) LANES * CHUNK * Float.BYTES);
    Buffer.fill(rows, 0, 0, LANES * CHUNK);
    for (int i = 0; i < LANES && token + i < tokens; i++) {
      long offset = source.rowOffset(token + i) + (long) from * Float.BYTES;
      long bytes = (long) cols * Float.BYTES;
      MemorySegment.copy(source.segment(), offset, rows, (long) i * CHUNK * Float.BYTES, bytes);
    }
    return rows;
  }

  @Override
  public void close() {
    buffer.close();
  }
}
