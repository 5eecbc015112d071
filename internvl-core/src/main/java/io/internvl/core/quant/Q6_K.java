package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, d (f16); value {@code d
 * sc (q - 32)}.
 */
final class Q6_K extends EncodableFormat {
  Q6_K() {
    super(TensorType.Q6_K, 32f * 127f * Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b + 208);
    for (int e = 0; e < 256; e += 16) {
      float dl = d * i8(x, b + 192 + e / 16);
      int h = e / 128;
      int r = e % 128 / 32;
      long low = b + 64 * h + 32 * (r % 2) + e % 32;
      long high = b + 128 + 32 * h + e % 32;
      for (int l = 0; l < 16; l++) {
        int q = u8(x, low + l) >> 4 * (r / 2) & 15 | (u8(x, high + l) >> 2 * r & 3) << 4;
        y[o + e + l] = dl * (q - 32);
      }
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    ScaledSuperBlock.encode(block, y, b);
    for (int i = 0; i < 64; i++) {
      int element = i / 32 * 128 + i % 32;
      int[] q = {
        block.code[element],
        block.code[element + 32],
        block.code[element + 64],
        block.code[element + 96]
      };
      long low = b + i / 32 * 64 + i % 32;
      putByte(y, low, q[0] & 15 | q[2] << 4);
      putByte(y, low + 32, q[1] & 15 | q[3] << 4);
      putByte(y, b + 128 + i, q[0] >> 4 | q[1] >> 4 << 2 | q[2] >> 4 << 4 | q[3] >> 4 << 6);
    }
  }
}
