package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Scale d (f16), 16 bytes of nibbles: low ones are elements 0..15, high ones 16..31; value {@code d
 * (q - 8)}.
 */
final class Q4_0 extends BlockFormat {
  Q4_0() {
    super(TensorType.Q4_0);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 2 + i);
      y[o + i] = d * ((q & 15) - 8);
      y[o + 16 + i] = d * ((q >> 4) - 8);
    }
  }
}
