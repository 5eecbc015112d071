package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * 32 bytes of third bits, 64 bytes of 2-bit values, 12 bytes of 6-bit scales, d (f16); 16
 * sub-blocks of 16; value {@code d (sc - 32) q}, q in -4..3.
 */
final class Q3_K extends BlockFormat {
  Q3_K() {
    super(TensorType.Q3_K);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b + 108);
    for (int k = 0; k < 16; k++) {
      int low = k < 8 ? u8(x, b + 96 + k) & 15 : u8(x, b + 88 + k) >> 4;
      int high = u8(x, b + 104 + k % 4) >> 2 * (k / 4) & 3;
      float dl = d * ((low | high << 4) - 32);
      int e = 16 * k;
      int group = e / 32; // 4 h + s: also the bit in the mask
      long q = b + 32 + 32 * (e / 128) + e % 32;
      for (int l = 0; l < 16; l++) {
        int missing = (u8(x, b + e % 32 + l) >> group & 1) == 0 ? 4 : 0;
        y[o + e + l] = dl * ((u8(x, q + l) >> 2 * (group % 4) & 3) - missing);
      }
    }
  }
}
