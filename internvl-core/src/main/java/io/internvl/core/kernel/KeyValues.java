package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Where attention reads keys and values: a cache, or tensors with one row a token. */
sealed interface KeyValues {
  /**
   * Copies keys into a weight tile.
   *
   * @param group index of the group of tokens
   * @param head key/value head
   * @param position first position in the group
   * @param count number of positions
   * @param tile receives one key a row
   */
  void keys(int group, int head, int position, int count, float[] tile);

  /**
   * Copies values.
   *
   * @param group index of the group of tokens
   * @param head key/value head
   * @param position first position in the group
   * @param count number of positions
   * @param target receives one value a row
   * @param rowBytes bytes between rows of the target
   */
  void values(int group, int head, int position, int count, MemorySegment target, long rowBytes);

  /**
   * Keys and values of a cache.
   *
   * @param cache the cache; there is one group
   */
  record Cached(KvLayer cache) implements KeyValues {
    @Override
    public void keys(int group, int head, int position, int count, float[] tile) {
      int headDim = cache.headDim();
      for (int i = 0; i < count; i++) {
        long offset = cache.offset(head, position + i);
        int to = i * MicroKernels.TILE_STRIDE;
        switch (cache.format()) {
          case F16 -> RowCodec.halves(cache.keys(), offset, headDim, tile, to);
          case F32 -> copy(cache.keys(), offset, headDim, tile, to);
        }
      }
    }

    @Override
    public void values(
        int group, int head, int position, int count, MemorySegment target, long rowBytes) {
      int headDim = cache.headDim();
      for (int i = 0; i < count; i++) {
        long offset = cache.offset(head, position + i);
        long to = i * rowBytes;
        switch (cache.format()) {
          case F16 -> VectorRows.fromHalf(cache.values(), offset, target, to, headDim);
          case F32 ->
              MemorySegment.copy(cache.values(), offset, target, to, (long) headDim * Float.BYTES);
        }
      }
    }
  }

  /**
   * Keys and values of consecutive groups of tokens.
   *
   * @param k keys (groups * tokens, heads * headDim)
   * @param v values, same shape
   * @param tokens rows of a group
   * @param headDim size of one head
   */
  record Rows(Tensor k, Tensor v, int tokens, int headDim) implements KeyValues {
    @Override
    public void keys(int group, int head, int position, int count, float[] tile) {
      for (int i = 0; i < count; i++) {
        long offset = offset(k, group, head, position + i);
        copy(k.segment(), offset, headDim, tile, i * MicroKernels.TILE_STRIDE);
      }
    }

    @Override
    public void values(
        int group, int head, int position, int count, MemorySegment target, long rowBytes) {
      long bytes = (long) headDim * Float.BYTES;
      for (int i = 0; i < count; i++) {
        long offset = offset(v, group, head, position + i);
        MemorySegment.copy(v.segment(), offset, target, i * rowBytes, bytes);
      }
    }

    private long offset(Tensor tensor, int group, int head, int position) {
      return tensor.rowOffset(group * tokens + position) + (long) head * headDim * Float.BYTES;
    }
  }

  private static void copy(MemorySegment source, long from, int n, float[] target, int to) {
    MemorySegment.copy(source, ValueLayout.JAVA_FLOAT, from, target, to, n);
  }
}
