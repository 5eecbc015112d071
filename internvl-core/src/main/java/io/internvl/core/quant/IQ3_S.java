package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), 64 low index bytes of 4 elements each, 8 bytes of ninth index bits, 32 sign bytes, 4
 * bytes of scale nibbles s; value {@code d (1 + 2 s) * grid}, signed.
 */
final class IQ3_S extends BlockFormat {
  IQ3_S() {
    super(TensorType.IQ3_S);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] grid = Codebooks.iq3S();
    for (int i = 0; i < 64; i++) {
      int high = u8(x, b + 66 + i / 8) >> i % 8 & 1;
      int code = 4 * (u8(x, b + 2 + i) | high << 8);
      int signs = u8(x, b + 74 + i / 2) >> 4 * (i % 2);
      int scale = u8(x, b + 106 + i / 16) >> 4 * (i / 8 % 2) & 15;
      float db = d * (1 + 2 * scale);
      for (int k = 0; k < 4; k++) {
        float value = db * grid[code + k];
        y[o + 4 * i + k] = (signs >> k & 1) == 0 ? value : -value;
      }
    }
  }
}
