package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Attention of a few queries against a cache, divided among threads by heads and positions ("flash
 * decoding", Dao et al. 2023).
 *
 * <p>A block of work is a chunk of positions of one key/value head. All queries of its group of
 * heads are evaluated in it, so that a key or value is read and widened once. What the chunks leave
 * (the largest score, the sum of weights, the weighted sum of values) is merged in the order of
 * positions. Chunks begin at multiples of their size: results depend neither on the number of
 * threads nor on how many queries are evaluated at once.
 */
final class DecodeAttention implements Workers.Task, AutoCloseable {
  /** With more queries than this the lanes of {@link FusedAttention} are well used. */
  private static final int MAX_TOKENS = 8;

  private static final int MAX_HEAD_DIM = 256;
  private static final int HEAD_DIM_UNIT = 16; // whole vectors of any width

  private static final int CHUNK = 256; // positions of a block of work
  private static final int STEP = 32; // positions that are widened into the first-level cache
  private static final int ROWS = 4; // queries that DecodeKernels.addValues takes at once
  private static final int SLICE = 4 * LANES; // elements that DecodeKernels.products takes at once
  private static final int PRODUCTS = LANES / 2 * LANES; // of one query

  /** Weights of all queries of a group of heads are kept in a value tile. */
  private static final int MAX_QUERIES = 256;

  private final Workers workers;
  private final List<WorkerScratch> scratch;

  /** Left by the chunks: maxima (queries, chunks), sums of weights (same), sums of values. */
  private final Buffer partial = new Buffer();

  private @Nullable Tensor q;
  private @Nullable KvLayer cache;
  private MemorySegment left = MemorySegment.NULL;
  private int tokens;
  private int first;
  private int window;
  private float factor; // of scores
  private int headDim;
  private int stride; // of rows of queries, keys, values and sums: whole slices
  private int heads;
  private int headsPerGroup;
  private int queries; // of a group of heads
  private int firstChunk;
  private int chunks;
  private int chunkStride;
  private int queryFloats; // of the queries of a group
  private long sumsOffset;
  private long valuesOffset;

  DecodeAttention(Workers workers, List<WorkerScratch> scratch) {
    this.workers = workers;
    this.scratch = scratch;
  }

  static boolean supports(int tokens, AttentionShape shape) {
    int headDim = shape.headDim();
    int queries = tokens * (shape.heads() / shape.kvHeads());
    return tokens <= MAX_TOKENS
        && queries <= MAX_QUERIES
        && headDim % HEAD_DIM_UNIT == 0
        && headDim <= MAX_HEAD_DIM;
  }

  /** See {@link Kernels#attention}. */
  void attend(
      Tensor newQ,
      int newTokens,
      KvLayer newCache,
      int newFirst,
      AttentionShape newShape,
      Tensor y) {
    if (newTokens == 0) {
      return;
    }
    q = newQ;
    cache = newCache;
    tokens = newTokens;
    first = newFirst;
    window = newShape.window() == 0 ? Integer.MAX_VALUE : newShape.window();
    headDim = newShape.headDim();
    heads = newShape.heads();
    headsPerGroup = heads / newShape.kvHeads();
    factor = newShape.scale() * VectorMath.LOG2_E;
    stride = Panels.roundUp(headDim, SLICE);
    queries = tokens * headsPerGroup;
    queryFloats = Panels.roundUp(queries, 2) * stride;
    firstChunk = firstKey(0) / CHUNK;
    chunks = (first + tokens - 1) / CHUNK + 1 - firstChunk;
    allocate(tokens * heads);
    workers.run(this, chunks * newShape.kvHeads());
    for (int token = 0; token < tokens; token++) {
      for (int head = 0; head < heads; head++) {
        merge(newShape, token, head, y);
      }
    }
  }

  private void allocate(int rows) {
    chunkStride = Panels.roundUp(chunks, LANES);
    sumsOffset = (long) rows * chunkStride * Float.BYTES;
    valuesOffset = 2 * sumsOffset;
    left = partial.atLeast(valuesOffset + (long) rows * chunks * headDim * Float.BYTES);
    for (int row = 0; row < rows; row++) {
      long last = ((long) (row + 1) * chunkStride - LANES) * Float.BYTES;
      Buffer.fill(left, last, AttentionKernels.LOWEST, LANES);
      Buffer.fill(left, sumsOffset + last, 0, LANES);
    }
  }

  private int firstKey(int token) {
    return Math.max(0, first + token - window + 1);
  }

  @Override
  public void run(int block, int worker) {
    KvLayer kv = Objects.requireNonNull(cache);
    int kvHead = block % kv.kvHeads();
    int chunk = block / kv.kvHeads();
    int chunkStart = (firstChunk + chunk) * CHUNK;
    int from = Math.max(chunkStart, firstKey(0) / STEP * STEP);
    int count = Math.min(chunkStart + CHUNK, first + tokens) - from;
    WorkerScratch mine = scratch.get(worker);
    packQueries(kvHead, mine);
    for (int start = 0; start < count; start += STEP) {
      int keys = Math.min(STEP, count - start);
      widen(kv.keys(), kv, kv.offset(kvHead, from + start), keys, mine.tile());
      score(mine, start, keys);
    }
    for (int query = 0; query < queries; query++) {
      weigh(kvHead, chunk, query, from, count, mine.valueTile());
    }
    int padded = Panels.roundUp(queries, ROWS);
    Arrays.fill(mine.valueTile(), queries * CHUNK, padded * CHUNK, 0);
    MemorySegment sums = mine.sums.atLeast((long) padded * stride * Float.BYTES);
    Buffer.fill(sums, 0, 0, padded * stride);
    for (int start = 0; start < count; start += STEP) {
      int positions = Math.min(STEP, count - start);
      widen(kv.values(), kv, kv.offset(kvHead, from + start), positions, mine.tile());
      addValues(mine, start, positions, sums);
    }
    for (int query = 0; query < queries; query++) {
      long bytes = (long) headDim * Float.BYTES;
      long to = valuesOffset + (row(kvHead, query) * chunks + chunk) * bytes;
      MemorySegment.copy(sums, (long) query * stride * Float.BYTES, left, to, bytes);
    }
  }

  /** Index of a query of a group among those of all tokens and heads. */
  private long row(int kvHead, int query) {
    return (long) (query / headsPerGroup) * heads + head(kvHead, query);
  }

  private int head(int kvHead, int query) {
    return kvHead * headsPerGroup + query % headsPerGroup;
  }

  /** Copies the queries of a group to rows of whole slices; the last one twice if odd. */
  private void packQueries(int kvHead, WorkerScratch mine) {
    Tensor source = Objects.requireNonNull(q);
    float[] packed = queries(mine);
    for (int row = 0; row < Panels.roundUp(queries, 2); row++) {
      int query = Math.min(row, queries - 1);
      long inRow = (long) head(kvHead, query) * headDim * Float.BYTES;
      long from = source.rowOffset(query / headsPerGroup) + inRow;
      int to = 2 * PRODUCTS + row * stride;
      MemorySegment.copy(source.segment(), ValueLayout.JAVA_FLOAT, from, packed, to, headDim);
      Arrays.fill(packed, to + headDim, to + stride, 0);
    }
  }

  /** Returns lane sums of two queries, and the queries behind them. */
  private float[] queries(WorkerScratch mine) {
    return mine.lanes(2 * PRODUCTS + queryFloats);
  }

  /** Widens positions of a head to rows of whole slices. */
  private void widen(MemorySegment source, KvLayer kv, long from, int positions, float[] rows) {
    if (stride == headDim) {
      widen(source, kv, from, rows, 0, positions * headDim);
      return;
    }
    for (int i = 0; i < positions; i++) {
      long bytes = (long) i * headDim * kv.format().bytes();
      widen(source, kv, from + bytes, rows, i * stride, headDim);
      Arrays.fill(rows, i * stride + headDim, (i + 1) * stride, 0);
    }
  }

  private static void widen(
      MemorySegment source, KvLayer kv, long from, float[] rows, int to, int n) {
    switch (kv.format()) {
      case F16 -> RowCodec.halves(source, from, n, rows, to);
      case F32 -> MemorySegment.copy(source, ValueLayout.JAVA_FLOAT, from, rows, to, n);
    }
  }

  /** Multiplies all queries of a group with keys of a chunk. */
  private void score(WorkerScratch mine, int start, int keys) {
    float[] rows = mine.tile();
    float[] scores = mine.valueTile();
    float[] packed = queries(mine);
    for (int key = 0; key < keys; key += LANES) {
      for (int query = 0; query < queries; query += 2) {
        for (int d = 0; d < stride; d += SLICE) {
          int qa = 2 * PRODUCTS + query * stride + d;
          DecodeKernels.products(
              rows, key * stride + d, stride, packed, qa, qa + stride, packed, d > 0);
        }
        int to = query * CHUNK + start + key;
        DecodeKernels.sumLanes(packed, 0, scores, to);
        DecodeKernels.sumLanes(packed, PRODUCTS, scores, to + CHUNK);
      }
    }
  }

  /** Turns the scores of one query into weights; those of positions it must not see into 0. */
  private void weigh(int kvHead, int chunk, int query, int from, int count, float[] weights) {
    int token = query / headsPerGroup;
    int begin = Math.clamp((long) firstKey(token) - from, 0, count);
    int end = Math.clamp((long) first + token + 1 - from, begin, count);
    int keys = Panels.roundUp(count, LANES);
    int at = query * CHUNK;
    DecodeKernels.hide(weights, at, 0, begin);
    DecodeKernels.hide(weights, at, end, keys);
    long to = (row(kvHead, query) * chunkStride + chunk) * Float.BYTES;
    DecodeKernels.softmax(weights, at, keys, factor, left, to, sumsOffset + to);
  }

  /** Adds the weighted values of some positions to the sums of all queries of a group. */
  private void addValues(WorkerScratch mine, int start, int positions, MemorySegment sums) {
    for (int query = 0; query < queries; query += ROWS) {
      int wo = query * CHUNK + start;
      for (int d = 0; d < headDim; d += 2 * LANES) {
        long so = ((long) query * stride + d) * Float.BYTES;
        int gap = d + LANES < headDim ? LANES : 0;
        DecodeKernels.addValues(
            mine.tile(), d, stride, positions, mine.valueTile(), wo, CHUNK, sums, so, gap);
      }
    }
  }

  /** Joins what the chunks left for one query. */
  private void merge(AttentionShape shape, int token, int head, Tensor y) {
    long row = (long) token * shape.heads() + head;
    long factors = row * chunkStride * Float.BYTES;
    Tensor sinks = shape.sinks();
    float sink = sinks == null ? Float.NEGATIVE_INFINITY : sinks.get(0, head) * VectorMath.LOG2_E;
    float divisor = DecodeKernels.factors(left, factors, sumsOffset + factors, chunks, sink);
    long values = valuesOffset + row * chunks * headDim * Float.BYTES;
    long to = y.rowOffset(token) + (long) head * headDim * Float.BYTES;
    DecodeKernels.merge(left, values, headDim, chunks, left, factors, 1 / divisor, y.segment(), to);
  }

  @Override
  public void close() {
    partial.close();
  }
}
