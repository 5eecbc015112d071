package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Scale d (f16), 32 fifth bits, 16 bytes of nibbles as in {@link Q4_0}; value {@code d (q - 16)}.
 */
final class Q5_0 extends EncodableFormat {
  Q5_0() {
    super(TensorType.Q5_0, 16 * Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    int high = i32(x, b + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 6 + i);
      y[o + i] = d * (((q & 15) | (high >>> i & 1) << 4) - 16);
      y[o + 16 + i] = d * (((q >> 4) | (high >>> (i + 16) & 1) << 4) - 16);
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    ScaleSearch search = new ScaleSearch(-16, 15, 8, 1f);
    float d = search.nearestHalf(block, 0, 32, search.search(block, 0, 32));
    block.setCodes(0, 32, d, -16 * d, 31, 16);
    putHalf(y, b, d);
    putFifthBits(y, b + 2, block.code);
    putNibbles(y, b + 6, block.code);
  }
}
