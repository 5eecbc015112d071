package io.internvl.core.kernel;

import org.jspecify.annotations.Nullable;

/** What one worker needs while it executes a block. Buffers serve one task at a time. */
final class WorkerScratch implements AutoCloseable {
  /** Rows of the largest weight tile: half a MiB of weights stays in the second-level cache. */
  static final int TILE_ROWS = 128;

  /** Sums of a block of a product. */
  final Buffer sums = new Buffer();

  /** Rows on their way into or out of another layout. */
  final Buffer staging = new Buffer();

  /** Queries, sums and running softmax of the items of an attention block. */
  final Buffer state = new Buffer();

  /** Scores of one item. */
  final Buffer scores = new Buffer();

  /** What {@link CacheLines#fetch} returned last: stored, so that it is computed. */
  int fetched;

  private float @Nullable [] tile;
  private float @Nullable [] valueTile;
  private float[] lanes = {};
  private byte[] values = {};
  private int[] words = {};
  private final int[] codes = new int[RowShares.STREAMS * GemvBookKernel.CODES_OF_FOUR];
  private final long[] entries = new long[RowShares.STREAMS * GemvBookKernel.CODES_OF_EIGHT];
  private final long[] signs =
      new long[RowShares.STREAMS * GemvBookKernel.SIGNS + 8]; // whole vectors
  private final byte[] bytes = new byte[64];
  private final long[] starts = new long[RowShares.STREAMS];

  /** Returns the tile of decoded weights (TILE_ROWS, MicroKernels.TILE_STRIDE). */
  float[] tile() {
    if (tile == null) {
      tile = new float[TILE_ROWS * MicroKernels.TILE_STRIDE];
    }
    return tile;
  }

  /**
   * Returns a tile for transposed values (FusedAttention.MAX_HEAD_DIM, MicroKernels.TILE_STRIDE).
   */
  float[] valueTile() {
    if (valueTile == null) {
      valueTile = new float[FusedAttention.MAX_HEAD_DIM * MicroKernels.TILE_STRIDE];
    }
    return valueTile;
  }

  /** Returns an array for the sums of a few rows: vectors load and store it with cheap checks. */
  float[] lanes(int size) {
    if (lanes.length < size) {
      lanes = new float[size];
    }
    return lanes;
  }

  /** Returns an array for decoded weights of a few rows. */
  byte[] values(int size) {
    if (values.length < size) {
      values = new byte[size];
    }
    return values;
  }

  /** Returns an array for codes of a row, several in an integer. */
  int[] words(int size) {
    if (words.length < size) {
      words = new int[size];
    }
    return words;
  }

  /** Indices of the codes of a super-block of each stream, see {@link GemvBookKernel}. */
  int[] codes() {
    return codes;
  }

  /** The codes that are indexed: eight weights each. */
  long[] entries() {
    return entries;
  }

  /** Signs of the codes. */
  long[] signs() {
    return signs;
  }

  /** Room for the scales of a super-block, and for a vector beyond them. */
  byte[] bytes() {
    return bytes;
  }

  /** Where the rows of the streams start. */
  long[] starts() {
    return starts;
  }

  @Override
  public void close() {
    state.close();
    scores.close();
    sums.close();
    staging.close();
  }
}
