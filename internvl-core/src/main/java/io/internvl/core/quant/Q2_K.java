package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * 16 bytes of scale and minimum nibbles, 64 bytes of 2-bit values, d and dmin (f16); 16 sub-blocks
 * of 16; value {@code d sc q - dmin mn}.
 */
final class Q2_K extends BlockFormat {
  Q2_K() {
    super(TensorType.Q2_K);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b + 80);
    float dmin = f16(x, b + 82);
    for (int e = 0; e < 256; e += 16) {
      int scale = u8(x, b + e / 16);
      float dl = d * (scale & 15);
      float ml = dmin * (scale >> 4);
      long q = b + 16 + 32 * (e / 128) + e % 32;
      int shift = e % 128 / 32 * 2;
      for (int l = 0; l < 16; l++) {
        y[o + e + l] = dl * (u8(x, q + l) >> shift & 3) - ml;
      }
    }
  }
}
