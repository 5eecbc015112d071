package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), 32 low index bytes of 8 elements each, 8 words (four 3-bit upper indices, 3-bit scale s,
 * sign of the shift); value {@code d (2 s + 1) (grid ± 1/8)}.
 */
final class IQ1_S extends BlockFormat {
  IQ1_S() {
    super(TensorType.IQ1_S);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] grid = Codebooks.iq1();
    for (int g = 0; g < 8; g++) {
      int word = u16(x, b + 34 + 2 * g);
      float dl = d * (2 * (word >> 12 & 7) + 1);
      float delta = (word & 0x8000) != 0 ? -0.125f : 0.125f;
      for (int j = 0; j < 4; j++) {
        int code = 8 * (u8(x, b + 2 + 4 * g + j) | (word >> 3 * j & 7) << 8);
        for (int k = 0; k < 8; k++) {
          y[o + 32 * g + 8 * j + k] = dl * (grid[code + k] + delta);
        }
      }
    }
  }
}
