package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * 48 bytes of five ternary digits each, 4 bytes of four, d (f16). Digit n of byte q is {@code (q
 * 3^n mod 256) 3 / 256}; value {@code d (digit - 1)}.
 */
final class TQ1_0 extends BlockFormat {
  TQ1_0() {
    super(TensorType.TQ1_0);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b + 52);
    int at = digits(x, b, 32, 5, d, y, o);
    at = digits(x, b + 32, 16, 5, d, y, at);
    digits(x, b + 48, 4, 4, d, y, at);
  }

  private static int digits(
      MemorySegment x, long from, int bytes, int digits, float d, float[] y, int at) {
    int power = 1;
    int next = at;
    for (int n = 0; n < digits; n++) {
      for (int i = 0; i < bytes; i++) {
        int q = u8(x, from + i) * power & 0xFF;
        y[next++] = d * ((q * 3 >> 8) - 1);
      }
      power *= 3;
    }
    return next;
  }
}
