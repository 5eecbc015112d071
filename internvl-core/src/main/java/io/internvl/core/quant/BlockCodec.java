package io.internvl.core.quant;

import java.lang.foreign.MemorySegment;

/** Decodes one tensor type to float32. Stateless and thread-safe. */
public interface BlockCodec {
  /**
   * Decodes consecutive elements.
   *
   * @param source encoded data, little-endian
   * @param byteOffset where the first block starts
   * @param target receives the values
   * @param targetOffset index of the first value in {@code target}
   * @param elements number of elements, a multiple of the type's block size
   */
  void decode(
      MemorySegment source, long byteOffset, float[] target, int targetOffset, int elements);
}
