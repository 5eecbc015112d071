package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), 8 groups of 32: four codebook indices (bytes), then a word with four 7-bit sign indices
 * and a 4-bit scale s; value {@code d (s + 1/2) / 4 * grid}, signed.
 */
final class IQ2_XXS extends BlockFormat {
  IQ2_XXS() {
    super(TensorType.IQ2_XXS);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] grid = Codebooks.iq2Xxs();
    for (int g = 0; g < 8; g++) {
      long group = b + 2 + 8 * g;
      int word = i32(x, group + 4);
      float db = d * (0.5f + (word >>> 28)) * 0.25f;
      for (int j = 0; j < 4; j++) {
        int code = 8 * u8(x, group + j);
        int signs = Codebooks.signs(word >>> 7 * j & 127);
        for (int k = 0; k < 8; k++) {
          float value = db * grid[code + k];
          y[o + 32 * g + 8 * j + k] = (signs >> k & 1) == 0 ? value : -value;
        }
      }
    }
  }
}
