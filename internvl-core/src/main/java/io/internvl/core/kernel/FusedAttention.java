package io.internvl.core.kernel;

import static io.internvl.core.kernel.MicroKernels.ROWS;
import static io.internvl.core.kernel.MicroKernels.TILE_STRIDE;
import static io.internvl.core.kernel.MicroKernels.WIDE;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * One attention over many queries, without ever storing the matrix of scores (Dao et al. 2022).
 *
 * <p>An item of work is one panel of consecutive queries of one head. For a block of keys its
 * scores come from the same {@link MicroKernels} as any product: keys are the rows of the tile,
 * queries the lanes. The running softmax is element-wise in that layout, and the weights it leaves
 * are again a panel, which the transposed values are multiplied with. A block of work is a number
 * of items that read the same keys and values, so that these are decoded once for all of them.
 *
 * <p>Which keys an item reads, and in which blocks, depends on its queries alone: results do not
 * depend on the number of threads.
 */
final class FusedAttention implements Workers.Task {
  /** Largest head size: keys are rows of a weight tile. */
  static final int MAX_HEAD_DIM = 256;

  private static final int KEY_BLOCK = 128;
  private static final int BLOCKS_PER_THREAD = 4;

  /** Queries and sums of the items of a block of work stay in the second-level cache. */
  private static final int MAX_STATE_FLOATS = 144 * 1024;

  /** What lies before the scores: products on their way into the sums. */
  private static final long PRODUCTS_BYTES = MicroKernels.SUMS_BYTES;

  private static final long PART_BYTES = (long) WIDE * Float.BYTES; // maxima, sums or factors

  private final List<WorkerScratch> scratch;
  private final AttentionShape shape;
  private final KeyValues keyValues;
  private final Tensor q;
  private final Tensor y;
  private final int tokens;
  private final int first;
  private final boolean causal;
  private final int window;
  private final int headDim;
  private final int headsPerGroup;
  private final int itemsPerBlock;
  private final int blocksPerHead;
  private final int groups;
  private final PanelLayout layout = new PanelLayout();
  private final int paddedDim; // of queries and sums: whole vectors
  private final long statesBytes; // of one item

  /**
   * Describes a call.
   *
   * @param scratch one for each worker
   * @param shape heads and scale
   * @param keyValues what to attend to
   * @param q queries (groups * tokens, heads * headDim)
   * @param groups groups of tokens that do not see each other
   * @param tokens queries of one group
   * @param first position of the first query when causal, otherwise 0
   * @param causal whether a query sees only positions up to its own
   * @param y output, same shape as q
   */
  FusedAttention(
      List<WorkerScratch> scratch,
      AttentionShape shape,
      KeyValues keyValues,
      Tensor q,
      int groups,
      int tokens,
      int first,
      boolean causal,
      Tensor y) {
    this.scratch = scratch;
    this.shape = shape;
    this.keyValues = keyValues;
    this.q = q;
    this.y = y;
    this.tokens = tokens;
    this.first = first;
    this.causal = causal;
    this.groups = groups;
    window = shape.window() == 0 ? Integer.MAX_VALUE : shape.window();
    headDim = shape.headDim();
    headsPerGroup = shape.heads() / shape.kvHeads();
    paddedDim = Panels.roundUp(headDim, Math.max(LANES, ROWS));
    statesBytes = 2L * paddedDim * WIDE * Float.BYTES + 3 * PART_BYTES;
    layout.divide(tokens);
    int items = headsPerGroup * layout.count();
    int wanted = Math.ceilDiv(BLOCKS_PER_THREAD * scratch.size(), groups * shape.kvHeads());
    int fitting = Math.max(1, MAX_STATE_FLOATS / (2 * WIDE * paddedDim));
    itemsPerBlock = Math.clamp(Math.ceilDiv(items, wanted), 1, fitting);
    blocksPerHead = Math.ceilDiv(items, itemsPerBlock);
  }

  void run(Workers workers) {
    workers.run(this, groups * shape.kvHeads() * blocksPerHead);
  }

  // An item is panel * headsPerGroup + head in its group: neighbours see the same positions.

  private int panel(int item) {
    return item / headsPerGroup;
  }

  /** Returns the position of the first query of an item. */
  private int position(int item) {
    return first + layout.firstToken(panel(item));
  }

  private int lastPosition(int item) {
    return Math.min(position(item) + layout.width(panel(item)), first + tokens) - 1;
  }

  private int firstKey(int item) {
    return causal ? Math.max(0, position(item) - window + 1) : 0;
  }

  private int endKey(int item) {
    return causal ? lastPosition(item) + 1 : tokens;
  }

  @Override
  public void run(int block, int worker) {
    WorkerScratch mine = scratch.get(worker);
    int heads = groups * shape.kvHeads();
    int group = block % heads / shape.kvHeads();
    int kvHead = block % shape.kvHeads();
    int firstItem = (blocksPerHead - 1 - block / heads) * itemsPerBlock; // the longest first
    int endItem = Math.min(firstItem + itemsPerBlock, headsPerGroup * layout.count());
    MemorySegment state = mine.state.atLeast(itemsPerBlock * statesBytes);
    for (int item = firstItem; item < endItem; item++) {
      begin(mine, group, kvHead, item, (item - firstItem) * statesBytes);
    }
    int end = endKey(endItem - 1);
    int begin = firstKey(firstItem) / KEY_BLOCK * KEY_BLOCK;
    for (int key = begin; key < end; key += KEY_BLOCK) {
      decode(mine, group, kvHead, key, Math.min(KEY_BLOCK, end - key));
      for (int item = firstItem; item < endItem; item++) {
        int count = Math.min(KEY_BLOCK, endKey(item) - key);
        if (count > 0 && firstKey(item) < key + count) {
          attend(mine, item, state, (item - firstItem) * statesBytes, key, count);
        }
      }
    }
    for (int item = firstItem; item < endItem; item++) {
      finish(mine, group, kvHead, item, state, (item - firstItem) * statesBytes);
    }
  }

  private long queryOffset(Tensor tensor, int group, int kvHead, int item, int lane) {
    int head = kvHead * headsPerGroup + item % headsPerGroup;
    int row = group * tokens + layout.firstToken(panel(item)) + lane;
    return tensor.rowOffset(row) + (long) head * headDim * Float.BYTES;
  }

  // State of an item: queries (paddedDim, width), sums (paddedDim, width), maxima, sums, factors.

  private long sumsOffset(long at) {
    return at + (long) paddedDim * WIDE * Float.BYTES;
  }

  private long softmaxOffset(long at) {
    return at + 2L * paddedDim * WIDE * Float.BYTES;
  }

  /** Packs the scaled queries of an item and clears its sums. */
  private void begin(WorkerScratch mine, int group, int kvHead, int item, long at) {
    MemorySegment state = mine.state.atLeast(itemsPerBlock * statesBytes);
    long rowBytes = (long) paddedDim * Float.BYTES;
    MemorySegment rows = mine.staging.atLeast(LANES * rowBytes); // (LANES, paddedDim)
    float factor = shape.scale() * VectorMath.LOG2_E;
    int width = layout.width(panel(item));
    long stride = (long) width * Float.BYTES;
    int count = lastPosition(item) + 1 - position(item);
    for (int lane = 0; lane < width; lane += LANES) {
      Buffer.fill(rows, 0, 0, LANES * paddedDim);
      for (int i = 0; i < LANES && lane + i < count; i++) {
        long from = queryOffset(q, group, kvHead, item, lane + i);
        AttentionKernels.scale(q.segment(), from, factor, rows, i * rowBytes, headDim);
      }
      long to = at + (long) lane * Float.BYTES;
      Transpose.rows(rows, 0, rowBytes, paddedDim, state, to, stride);
    }
    Buffer.fill(state, sumsOffset(at), 0, paddedDim * width);
    Tensor sinks = shape.sinks();
    int head = kvHead * headsPerGroup + item % headsPerGroup;
    float max = sinks == null ? AttentionKernels.LOWEST : sinks.get(0, head) * VectorMath.LOG2_E;
    Buffer.fill(state, softmaxOffset(at), max, width);
    Buffer.fill(state, softmaxOffset(at) + PART_BYTES, sinks == null ? 0 : 1, width);
  }

  /** Decodes a block of keys as rows of a tile, and its values transposed. */
  private void decode(WorkerScratch mine, int group, int kvHead, int key, int count) {
    float[] keys = mine.tile();
    keyValues.keys(group, kvHead, key, count, keys);
    int paddedCount = Panels.roundUp(count, LANES);
    long rowBytes = (long) paddedDim * Float.BYTES;
    long columnBytes = (long) KEY_BLOCK * Float.BYTES;
    long transposed = KEY_BLOCK * rowBytes;
    MemorySegment staging = mine.staging.atLeast(transposed + paddedDim * columnBytes);
    keyValues.values(group, kvHead, key, count, staging, rowBytes);
    Buffer.fill(staging, count * rowBytes, 0, (paddedCount - count) * paddedDim);
    for (int i = 0; i < paddedCount; i += LANES) {
      long to = transposed + (long) i * Float.BYTES;
      Transpose.rows(staging, i * rowBytes, rowBytes, paddedDim, staging, to, columnBytes);
    }
    float[] values = mine.valueTile();
    for (int d = 0; d < paddedDim; d++) {
      long from = transposed + d * columnBytes;
      MemorySegment.copy(
          staging, ValueLayout.JAVA_FLOAT, from, values, d * TILE_STRIDE, paddedCount);
    }
  }

  /** Adds a block of keys to the sums of one item. */
  private void attend(
      WorkerScratch mine, int item, MemorySegment state, long at, int key, int count) {
    MemorySegment scores = mine.scores.atLeast(PRODUCTS_BYTES + (KEY_BLOCK + 1) * PART_BYTES);
    int panel = panel(item);
    int width = layout.width(panel);
    int rows = Panels.roundUp(count, ROWS); // the last ones may be of earlier keys
    MicroKernels.multiply(mine.tile(), rows, headDim, state, at, width, scores, PRODUCTS_BYTES);
    int ahead = position(item) - key;
    if (causal && (ahead < count - 1 || lastPosition(item) - window >= key)) {
      AttentionKernels.mask(scores, PRODUCTS_BYTES, count, width, ahead, window);
    }
    if (softmax(scores, count, width, state, softmaxOffset(at))) {
      long factors = softmaxOffset(at) + 2 * PART_BYTES;
      AttentionKernels.multiplyRows(state, sumsOffset(at), headDim, width, state, factors);
    }
    float[] values = mine.valueTile();
    int dims = Panels.roundUp(headDim, ROWS);
    MicroKernels.multiplyAndAdd(
        values, dims, count, scores, PRODUCTS_BYTES, width, scores, state, sumsOffset(at));
  }

  private static boolean softmax(
      MemorySegment scores, int count, int width, MemorySegment state, long at) {
    long stride = (long) width * Float.BYTES;
    boolean changed = false;
    for (int lane = 0; lane < width; lane += LANES) {
      long offset = (long) lane * Float.BYTES;
      long so = PRODUCTS_BYTES + offset;
      long mo = at + offset;
      changed |= AttentionKernels.softmax(scores, so, count, stride, state, mo, PART_BYTES);
    }
    return changed;
  }

  /** Divides the sums of an item by the sum of its weights and writes them to the output. */
  private void finish(
      WorkerScratch mine, int group, int kvHead, int item, MemorySegment state, long at) {
    int width = layout.width(panel(item));
    long divisors = softmaxOffset(at) + PART_BYTES;
    long sums = sumsOffset(at);
    AttentionKernels.divideRows(state, sums, headDim, width, state, divisors);
    long stride = (long) width * Float.BYTES;
    long rowBytes = (long) paddedDim * Float.BYTES;
    MemorySegment rows = mine.staging.atLeast(WIDE * rowBytes); // (width, paddedDim)
    for (int d = 0; d < headDim; d += LANES) {
      long to = (long) d * Float.BYTES;
      Transpose.rows(state, sums + d * stride, stride, width, rows, to, rowBytes);
    }
    int count = lastPosition(item) + 1 - position(item);
    for (int lane = 0; lane < count; lane++) {
      long to = queryOffset(y, group, kvHead, item, lane);
      long bytes = (long) headDim * Float.BYTES;
      MemorySegment.copy(rows, lane * rowBytes, y.segment(), to, bytes);
    }
  }
}
