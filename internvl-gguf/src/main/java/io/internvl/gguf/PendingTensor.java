package io.internvl.gguf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A tensor that is going to be written. */
record PendingTensor(
    String name, TensorType type, List<Long> shape, long bytes, TensorSource source) {

  static PendingTensor of(String name, TensorType type, long[] shape, TensorSource source) {
    int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes == 0 || nameBytes > TensorLayout.LONGEST_NAME_BYTES) {
      throw new IllegalArgumentException(
          "tensor "
              + GgufException.quoted(name)
              + " has a name of "
              + nameBytes
              + " bytes, allowed are 1 to "
              + TensorLayout.LONGEST_NAME_BYTES);
    }
    List<Long> sizes = Arrays.stream(shape).boxed().toList();
    try {
      return new PendingTensor(name, type, sizes, TensorLayout.byteSize(type, sizes), source);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("tensor '" + name + "' has " + e.getMessage(), e);
    }
  }
}
