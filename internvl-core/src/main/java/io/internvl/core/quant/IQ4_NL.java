package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Scale d (f16), 16 bytes of nibbles as in {@link Q4_0} that index {@link Codebooks#nonLinear4}.
 */
final class IQ4_NL extends BlockFormat {
  IQ4_NL() {
    super(TensorType.IQ4_NL);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float[] values = Codebooks.nonLinear4();
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 2 + i);
      y[o + i] = d * values[q & 15];
      y[o + 16 + i] = d * values[q >> 4];
    }
  }
}
