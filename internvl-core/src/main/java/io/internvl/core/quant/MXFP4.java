package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Exponent e (byte), 16 bytes of nibbles as in {@link Q4_0} that index {@link Codebooks#float4};
 * value {@code 2^(e - 128) * table}, the table holding doubled values (OCP microscaling formats).
 */
final class MXFP4 extends BlockFormat {
  MXFP4() {
    super(TensorType.MXFP4);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    int e = u8(x, b);
    // 2^-128 and 2^-127 are denormal.
    float d = Float.intBitsToFloat(e < 2 ? 0x00200000 << e : (e - 1) << 23);
    float[] values = Codebooks.float4();
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 1 + i);
      y[o + i] = d * values[q & 15];
      y[o + 16 + i] = d * values[q >> 4];
    }
  }
}
