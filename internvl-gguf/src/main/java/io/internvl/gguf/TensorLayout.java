package io.internvl.gguf;

import java.util.List;

/** The rules for tensors that reader and writer share. */
final class TensorLayout {
  static final int DEFAULT_ALIGNMENT = 32;
  static final int MAX_DIMENSIONS = 4;

  /** 64 bytes with a terminating zero in llama.cpp. */
  static final int LONGEST_NAME_BYTES = 63;

  static final String ALIGNMENT_KEY = "general.alignment";

  private TensorLayout() {}

  static boolean isAlignment(long value) {
    return value > 0 && value <= 1L << 31 && Long.bitCount(value) == 1;
  }

  /** Rounds up; fits a long for every size of a real file. */
  static long padded(long bytes, long alignment) {
    return Math.ceilDiv(bytes, alignment) * alignment;
  }

  /**
   * Computes the size of a tensor.
   *
   * @throws IllegalArgumentException when there is no such tensor; the message completes "tensor x
   *     has"
   */
  static long byteSize(TensorType type, List<Long> shape) {
    if (shape.size() > MAX_DIMENSIONS) {
      throw new IllegalArgumentException(
          shape.size() + " dimensions, allowed are 0 to " + MAX_DIMENSIONS);
    }
    long elements = 1;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException(
            "the size " + Long.toUnsignedString(size) + ", allowed are 0 to 2^63 - 1");
      }
      if (size != 0 && elements > Long.MAX_VALUE / size) {
        throw new IllegalArgumentException(
            "the shape " + shape + " of more than 2^63 - 1 elements");
      }
      elements *= size;
    }
    long cols = shape.isEmpty() ? 1 : shape.getFirst();
    if (cols % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "rows of "
              + cols
              + " elements, expected a multiple of "
              + type
              + "'s block of "
              + type.blockSize());
    }
    if (elements / type.blockSize() > Long.MAX_VALUE / type.blockBytes()) {
      throw new IllegalArgumentException("the shape " + shape + " of more than 2^63 - 1 bytes");
    }
    return type.byteSize(elements);
  }
}
