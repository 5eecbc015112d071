package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** One half-precision float. */
final class F16 extends EncodableFormat {
  F16() {
    super(TensorType.F16, Math.nextDown(65520f));
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    y[o] = f16(x, b);
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    putHalf(y, b, block.x[0]);
  }
}
