package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** d (f16), 64 2-bit values, lowest bits first; value {@code (q - 1) d}. */
final class Q2_0 extends BlockFormat {
  Q2_0() {
    super(TensorType.Q2_0);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    for (int e = 0; e < 64; e++) {
      y[o + e] = ((u8(x, b + 2 + e / 4) >> 2 * (e % 4) & 3) - 1) * d;
    }
  }
}
