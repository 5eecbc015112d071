package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A type whose blocks can be made as well; subclasses encode one block. */
abstract class EncodableFormat extends BlockFormat implements BlockEncoder {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final TensorType type;
  private final float limit;

  /**
   * Creates a format.
   *
   * @param type its tensor type
   * @param limit largest magnitude that a block can hold
   */
  EncodableFormat(TensorType type, float limit) {
    super(type);
    this.type = type;
    this.limit = limit;
  }

  @Override
  public final void encode(
      float[] source, int sourceOffset, int elements, MemorySegment target, long byteOffset) {
    EncodingBlock block = new EncodingBlock(type.blockSize());
    Arrays.fill(block.weight, 1f);
    checkWholeBlocks(elements);
    for (int i = 0; i < elements; i += type.blockSize()) {
      loadValues(source, sourceOffset + i, block);
      encodeBlock(block, target, byteOffset + type.byteSize(i));
    }
  }

  @Override
  public final void encode(
      float[] source,
      int sourceOffset,
      float[] importance,
      int elements,
      MemorySegment target,
      long byteOffset) {
    EncodingBlock block = new EncodingBlock(type.blockSize());
    checkWholeBlocks(elements);
    for (int i = 0; i < elements; i += type.blockSize()) {
      loadValues(source, sourceOffset + i, block);
      loadWeights(importance, i, block);
      encodeBlock(block, target, byteOffset + type.byteSize(i));
    }
  }

  /** Encodes a block whose values are finite and within the limit to y[b ..]. */
  abstract void encodeBlock(EncodingBlock block, MemorySegment y, long b);

  private void checkWholeBlocks(int elements) {
    if (elements % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          elements + " elements of " + type + ", expected a multiple of " + type.blockSize());
    }
  }

  private void loadValues(float[] source, int from, EncodingBlock block) {
    for (int i = 0; i < block.x.length; i++) {
      float value = source[from + i];
      if (!(Math.abs(value) <= limit)) {
        throw new IllegalArgumentException(
            "element "
                + (from + i)
                + " is "
                + value
                + ", "
                + type
                + " holds finite values up to "
                + limit);
      }
      block.x[i] = value;
    }
  }

  /** Weights are scaled to a largest of 1, which changes no minimum and avoids overflow. */
  private static void loadWeights(float[] importance, int from, EncodingBlock block) {
    float largest = 0;
    for (int i = 0; i < block.weight.length; i++) {
      float value = importance[from + i];
      if (!(value >= 0 && value <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "importance " + (from + i) + " is " + value + ", expected 0 or more");
      }
      largest = Math.max(largest, value);
    }
    for (int i = 0; i < block.weight.length; i++) {
      block.weight[i] = largest == 0 ? 1 : importance[from + i] / largest;
    }
  }

  static void putByte(MemorySegment y, long at, int value) {
    y.set(ValueLayout.JAVA_BYTE, at, (byte) value);
  }

  static void putShort(MemorySegment y, long at, int value) {
    y.set(SHORT, at, (short) value);
  }

  static void putInt(MemorySegment y, long at, int value) {
    y.set(INT, at, value);
  }

  static void putHalf(MemorySegment y, long at, float value) {
    y.set(SHORT, at, Float.floatToFloat16(value));
  }

  /** Writes the low four bits of 32 codes: elements 0..15 to low nibbles, 16..31 to high ones. */
  static void putNibbles(MemorySegment y, long at, byte[] codes) {
    for (int i = 0; i < 16; i++) {
      putByte(y, at + i, codes[i] & 15 | codes[16 + i] << 4);
    }
  }

  /** Writes the fifth bits of 32 codes. */
  static void putFifthBits(MemorySegment y, long at, byte[] codes) {
    int bits = 0;
    for (int i = 0; i < 32; i++) {
      bits |= (codes[i] >> 4 & 1) << i;
    }
    putInt(y, at, bits);
  }
}
