package io.internvl.core.quant;

import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** Encodes rows of a tensor to another type. Thread-safe; each thread brings its own buffer. */
public final class RowEncoding {
  private final GgufTensor tensor;
  private final TensorType type;
  private final int cols;
  private final long rowBytes;
  private final BlockCodec decoder;
  private final BlockEncoder encoder;

  /**
   * Prepares the work.
   *
   * @param tensor the source
   * @param type the wanted type, whose blocks divide the rows
   * @throws IllegalArgumentException when there is no decoder or no encoder
   */
  public RowEncoding(GgufTensor tensor, TensorType type) {
    this.tensor = tensor;
    this.type = type;
    cols = Math.toIntExact(tensor.cols());
    rowBytes = tensor.type().byteSize(cols);
    decoder = BlockCodecs.of(tensor.type());
    encoder = BlockEncoders.of(type);
  }

  /**
   * Returns the length of a row.
   *
   * @return elements
   */
  public int cols() {
    return cols;
  }

  /**
   * Returns the size of an encoded row.
   *
   * @return bytes
   */
  public long encodedRowBytes() {
    return type.byteSize(cols);
  }

  /**
   * Encodes consecutive rows.
   *
   * @param firstRow index of the first row
   * @param count number of rows
   * @param buffer room for {@link #cols} elements
   * @param target receives the rows
   * @param byteOffset where the first of them starts
   * @throws IllegalArgumentException when a value is not finite or too large for the type; the
   *     message names tensor, row and value
   */
  public void encode(
      long firstRow, long count, float[] buffer, MemorySegment target, long byteOffset) {
    for (long i = 0; i < count; i++) {
      long row = firstRow + i;
      decoder.decode(tensor.data(), row * rowBytes, buffer, 0, cols);
      try {
        encoder.encode(buffer, 0, cols, target, byteOffset + i * encodedRowBytes());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "tensor '" + tensor.name() + "', row " + row + ": " + e.getMessage(), e);
      }
    }
  }
}
