package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Scale d and minimum m (f16), 32 fifth bits, 16 bytes of nibbles as in {@link Q4_0}; value {@code
 * d q + m}.
 */
final class Q5_1 extends EncodableFormat {
  Q5_1() {
    super(TensorType.Q5_1, Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float m = f16(x, b + 2);
    int high = i32(x, b + 4);
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 8 + i);
      y[o + i] = d * ((q & 15) | (high >>> i & 1) << 4) + m;
      y[o + 16 + i] = d * ((q >> 4) | (high >>> (i + 16) & 1) << 4) + m;
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    AffineSearch search = new AffineSearch(31, false, 4, 1.2f);
    search.search(block, 0, 32);
    float d = Halves.nearest(search.scale());
    float m = search.nearestHalfOffset(block, 0, 32, d);
    block.setCodes(0, 32, d, m, 31, 0);
    putHalf(y, b, d);
    putHalf(y, b + 2, m);
    putFifthBits(y, b + 4, block.code);
    putNibbles(y, b + 8, block.code);
  }
}
