package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * 32 low index bytes of 8 elements each, 16 bytes of nibbles (3-bit upper index, sign of the
 * shift), 4 words with 16 3-bit scales s and, in their top nibbles, d (f16); value {@code d (2 s +
 * 1) (grid ± 1/8)}.
 */
final class IQ1_M extends BlockFormat {
  IQ1_M() {
    super(TensorType.IQ1_M);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    int s0 = u16(x, b + 48);
    int s1 = u16(x, b + 50);
    int s2 = u16(x, b + 52);
    int s3 = u16(x, b + 54);
    int bits = s0 >> 12 | s1 >> 8 & 0xF0 | s2 >> 4 & 0xF00 | s3 & 0xF000;
    float d = Float.float16ToFloat((short) bits);
    float[] grid = Codebooks.iq1();
    for (int i = 0; i < 32; i++) {
      int h = u8(x, b + 32 + i / 2) >> 4 * (i % 2) & 15;
      int k = i / 2;
      int scale = u16(x, b + 48 + 2 * (k / 4)) >> 3 * (k % 4) & 7;
      float dl = d * (2 * scale + 1);
      float delta = (h & 8) != 0 ? -0.125f : 0.125f;
      int code = 8 * (u8(x, b + i) | (h & 7) << 8);
      for (int l = 0; l < 8; l++) {
        y[o + 8 * i + l] = dl * (grid[code + l] + delta);
      }
    }
  }
}
