package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, d (f16); value {@code d
 * sc (q - 32)}.
 */
final class Q6_K extends BlockFormat {
  Q6_K() {
    super(TensorType.Q6_K);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b + 208);
    for (int e = 0; e < 256; e += 16) {
      float dl = d * i8(x, b + 192 + e / 16);
      int h = e / 128;
      int r = e % 128 / 32;
      long low = b + 64 * h + 32 * (r % 2) + e % 32;
      long high = b + 128 + 32 * h + e % 32;
      for (int l = 0; l < 16; l++) {
        int q = u8(x, low + l) >> 4 * (r / 2) & 15 | (u8(x, high + l) >> 2 * r & 3) << 4;
        y[o + e + l] = dl * (q - 32);
      }
    }
  }
}
