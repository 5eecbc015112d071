package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** 64 bytes of 2-bit values in the order of {@link Q2_K}, d (f16); value {@code d (q - 1)}. */
final class TQ2_0 extends BlockFormat {
  TQ2_0() {
    super(TensorType.TQ2_0);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b + 64);
    for (int e = 0; e < 256; e++) {
      int q = u8(x, b + 32 * (e / 128) + e % 32) >> 2 * (e % 128 / 32) & 3;
      y[o + e] = d * (q - 1);
    }
  }
}
