package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** One bfloat16: the upper half of a float32. */
final class BF16 extends EncodableFormat {
  BF16() {
    super(TensorType.BF16, Float.intBitsToFloat(0x7F7F7FFF));
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    y[o] = Float.intBitsToFloat(u16(x, b) << 16);
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    int bits = Float.floatToRawIntBits(block.x[0]);
    putShort(y, b, (bits + 0x7FFF + (bits >>> 16 & 1)) >> 16); // to nearest, ties to even
  }
}
