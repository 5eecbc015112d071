package io.internvl.core.quant;

import java.lang.foreign.MemorySegment;

/**
 * Encodes float32 to one tensor type, with the smallest squared error that a search finds.
 *
 * <p>Stateless and thread-safe. Equal input gives equal blocks.
 */
public interface BlockEncoder {
  /**
   * Encodes consecutive elements of a row; every element's error counts the same.
   *
   * @param source the values
   * @param sourceOffset index of the first value in {@code source}
   * @param elements number of elements, a multiple of the type's block size
   * @param target receives the blocks, little-endian
   * @param byteOffset where the first block starts
   * @throws IllegalArgumentException when elements are not whole blocks, or when a value is NaN,
   *     infinite or larger than the type can hold; the message gives its index
   */
  void encode(
      float[] source, int sourceOffset, int elements, MemorySegment target, long byteOffset);

  /**
   * Encodes consecutive elements of a row and minimises {@code sum importance (x - x')²}, such as
   * with the mean squared activation of each column as importance.
   *
   * @param source the values
   * @param sourceOffset index of the first value in {@code source}
   * @param importance for each element a finite number that is not negative, in element order
   * @param elements number of elements, a multiple of the type's block size
   * @param target receives the blocks, little-endian
   * @param byteOffset where the first block starts
   * @throws IllegalArgumentException as above, or when an importance is out of range
   */
  void encode(
      float[] source,
      int sourceOffset,
      float[] importance,
      int elements,
      MemorySegment target,
      long byteOffset);
}
