package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** d (f16), 128 sign bits; value d where the bit is set, -d elsewhere. */
final class Q1_0 extends BlockFormat {
  Q1_0() {
    super(TensorType.Q1_0);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    for (int e = 0; e < 128; e++) {
      y[o + e] = (u8(x, b + 2 + e / 8) >> e % 8 & 1) != 0 ? d : -d;
    }
  }
}
