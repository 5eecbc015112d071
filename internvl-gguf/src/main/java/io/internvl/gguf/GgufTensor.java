package io.internvl.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * A tensor of an open file. Immutable; the data can be read until the file is closed.
 *
 * @param name name, unique in the file
 * @param type element encoding
 * @param shape sizes, fastest-varying first: shape[0] is the length of a row
 * @param data read-only view of the mapped file, exactly the tensor's bytes
 */
public record GgufTensor(String name, TensorType type, List<Long> shape, MemorySegment data) {
  /** Rejects null and copies the shape. */
  public GgufTensor {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(data, "data");
    shape = List.copyOf(shape);
  }

  /**
   * Returns the size of a dimension.
   *
   * @param index 0 is the length of a row
   * @return the size, 1 for dimensions the tensor does not have
   */
  public long dim(int index) {
    return index < shape.size() ? shape.get(index) : 1;
  }

  /**
   * Returns the length of a row.
   *
   * @return elements
   */
  public long cols() {
    return dim(0);
  }

  /**
   * Returns the number of rows.
   *
   * @return elements divided by the length of a row
   */
  public long rows() {
    return cols() == 0 ? 0 : elements() / cols();
  }

  /**
   * Returns the number of elements.
   *
   * @return product of all sizes
   */
  public long elements() {
    long product = 1;
    for (long size : shape) {
      product *= size;
    }
    return product;
  }

  /**
   * Returns the shape for messages.
   *
   * @return such as {@code [896, 4864]}
   */
  public String shapeText() {
    return shape.toString();
  }
}
