package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * d and dmin (f16), 12 bytes of {@link SubScales}, 128 bytes of nibbles; 8 sub-blocks of 32, two in
 * each 32 bytes; value {@code d sc q - dmin mn}.
 */
final class Q4_K extends EncodableFormat {
  Q4_K() {
    super(TensorType.Q4_K, 63 * Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float dmin = f16(x, b + 2);
    for (int j = 0; j < 8; j++) {
      float dl = d * SubScales.scale(x, b + 4, j);
      float ml = dmin * SubScales.minimum(x, b + 4, j);
      long q = b + 16 + 32 * (j / 2);
      int shift = 4 * (j % 2);
      for (int l = 0; l < 32; l++) {
        y[o + 32 * j + l] = dl * (u8(x, q + l) >> shift & 15) - ml;
      }
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    AffineSuperBlock.encode(block, 15, y, b);
    putNibblePairs(y, b + 16, block.code);
  }

  /** Writes the low four bits of 256 codes: of each 64, the first half to low nibbles. */
  static void putNibblePairs(MemorySegment y, long at, byte[] codes) {
    for (int i = 0; i < 128; i++) {
      int element = i / 32 * 64 + i % 32;
      putByte(y, at + i, codes[element] & 15 | codes[element + 32] << 4);
    }
  }
}
