package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A weight matrix in its file encoding: a view of mapped memory, beside which there may be a packed
 * copy. Immutable.
 *
 * @param name tensor name, for messages
 * @param type element encoding
 * @param rows output size of the linear map
 * @param cols input size of the linear map, a multiple of the type's block size
 * @param data exactly {@code rows * type.byteSize(cols)} bytes, row after row
 * @param packed a copy for products of one token or a few, or null
 */
public record WeightMatrix(
    String name,
    TensorType type,
    int rows,
    int cols,
    MemorySegment data,
    @Nullable PackedRows packed) {
  /**
   * Checks the size of the data against the shape.
   *
   * @throws IllegalArgumentException when they disagree
   */
  public WeightMatrix {
    long expected = Math.multiplyExact(type.byteSize(cols), (long) rows);
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          name + ": " + data.byteSize() + " bytes of " + type + ", expected " + expected);
    }
  }

  /**
   * Creates a matrix without a packed copy.
   *
   * @param name tensor name, for messages
   * @param type element encoding
   * @param rows output size of the linear map
   * @param cols input size of the linear map, a multiple of the type's block size
   * @param data exactly {@code rows * type.byteSize(cols)} bytes, row after row
   */
  public WeightMatrix(String name, TensorType type, int rows, int cols, MemorySegment data) {
    this(name, type, rows, cols, data, null);
  }

  /** Returns the same matrix with a packed copy, or without one. */
  WeightMatrix withPacked(@Nullable PackedRows copy) {
    return new WeightMatrix(name, type, rows, cols, data, copy);
  }

  /**
   * Returns the size of one row.
   *
   * @return bytes per row
   */
  public long rowBytes() {
    return type.byteSize(cols);
  }

  /**
   * Returns a view of consecutive rows.
   *
   * @param firstRow index of the first row
   * @param count number of rows
   * @return the view (count, cols)
   */
  public WeightMatrix rows(int firstRow, int count) {
    MemorySegment part = data.asSlice(firstRow * rowBytes(), count * rowBytes());
    PackedRows packedPart = packed == null ? null : packed.rows(firstRow, count);
    return new WeightMatrix(name, type, count, cols, part, packedPart);
  }
}
