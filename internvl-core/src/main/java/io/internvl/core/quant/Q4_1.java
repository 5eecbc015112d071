package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** Scale d and minimum m (f16), 16 bytes of nibbles as in {@link Q4_0}; value {@code d q + m}. */
final class Q4_1 extends EncodableFormat {
  Q4_1() {
    super(TensorType.Q4_1, Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    float m = f16(x, b + 2);
    for (int i = 0; i < 16; i++) {
      int q = u8(x, b + 4 + i);
      y[o + i] = d * (q & 15) + m;
      y[o + 16 + i] = d * (q >> 4) + m;
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    AffineSearch search = new AffineSearch(15, false, 4, 1.2f);
    search.search(block, 0, 32);
    float d = Halves.nearest(search.scale());
    float m = search.nearestHalfOffset(block, 0, 32, d);
    block.setCodes(0, 32, d, m, 15, 0);
    putHalf(y, b, d);
    putHalf(y, b + 2, m);
    putNibbles(y, b + 4, block.code);
  }
}
