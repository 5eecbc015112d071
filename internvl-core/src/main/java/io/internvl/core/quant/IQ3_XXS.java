package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), 64 codebook indices of 4 elements each, 8 words with four 7-bit sign indices and a 4-bit
 * scale s; value {@code d (s + 1/2) / 2 * grid}, signed.
 */
final class IQ3_XXS extends BlockFormat {
  IQ3_XXS() {
    super(TensorType.IQ3_XXS);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] grid = Codebooks.iq3Xxs();
    for (int g = 0; g < 8; g++) {
      int word = i32(x, b + 66 + 4 * g);
      float db = d * (0.5f + (word >>> 28)) * 0.5f;
      for (int j = 0; j < 8; j++) {
        int code = 4 * u8(x, b + 2 + 8 * g + j);
        int signs = Codebooks.signs(word >>> 7 * (j / 2) & 127) >> 4 * (j % 2);
        for (int k = 0; k < 4; k++) {
          float value = db * grid[code + k];
          y[o + 32 * g + 4 * j + k] = (signs >> k & 1) == 0 ? value : -value;
        }
      }
    }
  }
}
