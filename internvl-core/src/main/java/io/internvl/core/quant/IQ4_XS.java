package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d (f16), upper bit pairs of 8 scales (u16), their low nibbles (4 bytes), 128 bytes of nibbles; 8
 * sub-blocks, each as in {@link IQ4_NL} with the scale {@code d (sc - 32)}.
 */
final class IQ4_XS extends BlockFormat {
  IQ4_XS() {
    super(TensorType.IQ4_XS);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    int high = u16(x, b + 2);
    float[] values = Codebooks.nonLinear4();
    for (int g = 0; g < 8; g++) {
      int low = u8(x, b + 4 + g / 2) >> 4 * (g % 2) & 15;
      float dl = d * ((low | (high >> 2 * g & 3) << 4) - 32);
      for (int i = 0; i < 16; i++) {
        int q = u8(x, b + 8 + 16 * g + i);
        y[o + 32 * g + i] = dl * values[q & 15];
        y[o + 32 * g + 16 + i] = dl * values[q >> 4];
      }
    }
  }
}
