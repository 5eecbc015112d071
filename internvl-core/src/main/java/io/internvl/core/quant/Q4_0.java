package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Scale d (f16), 16 bytes of nibbles: low ones are elements 0..15, high ones 16..31; value {@code d
 * (q - 8)}.
 */
final class Q4_0 extends EncodableFormat {
  Q4_0() {
    super(TensorType.Q4_0, 8 * Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 2 + i);
      y[o + i] = d * ((q & 15) - 8);
      y[o + 16 + i] = d * ((q >> 4) - 8);
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    ScaleSearch search = new ScaleSearch(-8, 7, 8, 1f);
    float d = search.nearestHalf(block, 0, 32, search.search(block, 0, 32));
    block.setCodes(0, 32, d, -8 * d, 15, 8);
    putHalf(y, b, d);
    putNibbles(y, b + 2, block.code);
  }
}
