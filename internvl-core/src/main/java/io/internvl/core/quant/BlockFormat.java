package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A type whose elements come in blocks; subclasses decode one block. */
abstract class BlockFormat implements BlockCodec {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final TensorType type;

  BlockFormat(TensorType type) {
    this.type = type;
  }

  @Override
  public final void decode(
      MemorySegment source, long byteOffset, float[] target, int targetOffset, int elements) {
    if (elements % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          elements + " elements of " + type + ", expected a multiple of " + type.blockSize());
    }
    long offset = byteOffset;
    int end = targetOffset + elements;
    for (int i = targetOffset; i < end; i += type.blockSize()) {
      decodeBlock(source, offset, target, i);
      offset += type.blockBytes();
    }
  }

  /** Decodes the block at byte b into y[o ..]. */
  abstract void decodeBlock(MemorySegment x, long b, float[] y, int o);

  /** Unsigned byte. */
  static int u8(MemorySegment x, long at) {
    return x.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
  }

  /** Signed byte. */
  static int i8(MemorySegment x, long at) {
    return x.get(ValueLayout.JAVA_BYTE, at);
  }

  /** Unsigned 16-bit integer. */
  static int u16(MemorySegment x, long at) {
    return x.get(SHORT, at) & 0xFFFF;
  }

  /** 32-bit integer. */
  static int i32(MemorySegment x, long at) {
    return x.get(INT, at);
  }

  /** Half-precision float. */
  static float f16(MemorySegment x, long at) {
    return Float.float16ToFloat(x.get(SHORT, at));
  }
}
