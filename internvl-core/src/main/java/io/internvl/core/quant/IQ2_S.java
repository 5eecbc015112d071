package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), 32 low index bytes, 32 sign bytes, 8 bytes of upper index bit pairs, 8 bytes of scale
 * nibbles s; value {@code d (s + 1/2) / 4 * grid}, signed.
 */
final class IQ2_S extends BlockFormat {
  IQ2_S() {
    super(TensorType.IQ2_S);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] grid = Codebooks.iq2S();
    for (int i = 0; i < 32; i++) {
      int high = u8(x, b + 66 + i / 4) >> 2 * (i % 4) & 3;
      int code = 8 * (u8(x, b + 2 + i) | high << 8);
      int signs = u8(x, b + 34 + i);
      int scale = u8(x, b + 74 + i / 4) >> 4 * (i / 2 % 2) & 15;
      float db = d * (0.5f + scale) * 0.25f;
      for (int k = 0; k < 8; k++) {
        float value = db * grid[code + k];
        y[o + 8 * i + k] = (signs >> k & 1) == 0 ? value : -value;
      }
    }
  }
}
