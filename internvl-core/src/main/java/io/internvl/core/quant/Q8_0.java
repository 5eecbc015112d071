package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** Scale d (f16), 32 signed bytes; value {@code d q}. */
final class Q8_0 extends BlockFormat {
  Q8_0() {
    super(TensorType.Q8_0);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    for (int i = 0; i < 32; i++) {
      y[o + i] = d * i8(x, b + 2 + i);
    }
  }
}
