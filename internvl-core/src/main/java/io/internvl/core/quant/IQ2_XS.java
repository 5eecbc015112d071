package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), 32 words (9-bit codebook index, 7-bit sign index) of 8 elements each, 8 bytes of scale
 * nibbles s, one for 16 elements; value {@code d (s + 1/2) / 4 * grid}, signed.
 */
final class IQ2_XS extends BlockFormat {
  IQ2_XS() {
    super(TensorType.IQ2_XS);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] grid = Codebooks.iq2Xs();
    for (int i = 0; i < 32; i++) {
      int word = u16(x, b + 2 + 2 * i);
      int scale = u8(x, b + 66 + i / 4) >> 4 * (i / 2 % 2) & 15;
      float db = d * (0.5f + scale) * 0.25f;
      int code = 8 * (word & 511);
      int signs = Codebooks.signs(word >> 9);
      for (int k = 0; k < 8; k++) {
        float value = db * grid[code + k];
        y[o + 8 * i + k] = (signs >> k & 1) == 0 ? value : -value;
      }
    }
  }
}
