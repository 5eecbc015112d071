package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** Scale d and minimum m (f16), 16 bytes of nibbles as in {@link Q4_0}; value {@code d q + m}. */
final class Q4_1 extends BlockFormat {
  Q4_1() {
    super(TensorType.Q4_1);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float m = f16(x, b + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 4 + i);
      y[o + i] = d * (q & 15) + m;
      y[o + 16 + i] = d * (q >> 4) + m;
    }
  }
}
