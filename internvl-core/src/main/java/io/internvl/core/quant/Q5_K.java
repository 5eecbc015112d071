package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d and dmin (f16), 12 bytes of {@link SubScales}, 32 bytes of fifth bits, 128 bytes of nibbles;
 * value {@code d sc q - dmin mn}.
 */
final class Q5_K extends EncodableFormat {
  Q5_K() {
    super(TensorType.Q5_K, 63 * Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float dmin = f16(x, b + 2);
    for (int j = 0; j < 8; j++) {
      float dl = d * SubScales.scale(x, b + 4, j);
      float ml = dmin * SubScales.minimum(x, b + 4, j);
      long q = b + 48 + 32 * (j / 2);
      int shift = 4 * (j % 2);
      for (int l = 0; l < 32; l++) {
        int high = u8(x, b + 16 + l) >> j & 1;
        y[o + 32 * j + l] = dl * ((u8(x, q + l) >> shift & 15) | high << 4) - ml;
      }
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    AffineSuperBlock.encode(block, 31, y, b);
    for (int l = 0; l < 32; l++) {
      int high = 0;
      for (int j = 0; j < 8; j++) {
        high |= (block.code[32 * j + l] >> 4) << j;
      }
      putByte(y, b + 16 + l, high);
    }
    Q4_K.putNibblePairs(y, b + 48, block.code);
  }
}
