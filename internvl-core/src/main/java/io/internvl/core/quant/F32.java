package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** One float32. */
final class F32 extends EncodableFormat {
  F32() {
    super(TensorType.F32, Float.MAX_VALUE);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    y[o] = Float.intBitsToFloat(i32(x, b));
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    putInt(y, b, Float.floatToRawIntBits(block.x[0]));
  }
}
