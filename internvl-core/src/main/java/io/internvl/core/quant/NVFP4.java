package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Four 8-bit float scales, 32 bytes of nibbles; 4 sub-blocks of 16, each with 8 bytes whose low
 * nibbles come first; value {@code scale / 2 * table} with the table of {@link Codebooks#float4}.
 */
final class NVFP4 extends BlockFormat {
  NVFP4() {
    super(TensorType.NVFP4);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float[] values = Codebooks.float4();
    for (int s = 0; s < 4; s++) {
      float d = scale(u8(x, b + s));
      for (int i = 0; i < 8; i++) {
        int q = u8(x, b + 4 + 8 * s + i);
        y[o + 16 * s + i] = d * values[q & 15];
        y[o + 16 * s + 8 + i] = d * values[q >> 4];
      }
    }
  }

  private static float scale(int bits) {
    if (bits == 0 || bits == 0x7F) {
      return 0;
    }
    int exponent = bits >> 3 & 15;
    int mantissa = bits & 7;
    float value =
        exponent == 0 ? mantissa * 0x1p-9f : (1 + mantissa / 8f) * Math.scalb(1f, exponent - 7);
    return value * 0.5f;
  }
}
