package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** Scale d (f16), 32 signed bytes; value {@code d q}. */
final class Q8_0 extends EncodableFormat {
  Q8_0() {
    super(TensorType.Q8_0, 127 * Halves.MAX);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    float d = f16(x, b);
    for (int i = 0; i < 32; i++) {
      y[o + i] = d * i8(x, b + 2 + i);
    }
  }

  @Override
  void encodeBlock(EncodingBlock block, MemorySegment y, long b) {
    ScaleSearch search = new ScaleSearch(-127, 127, 4, 2f);
    float d = search.nearestHalf(block, 0, 32, search.search(block, 0, 32));
    block.setCodes(0, 32, d, -127 * d, 254, 127);
    putHalf(y, b, d);
    for (int i = 0; i < 32; i++) {
      putByte(y, b + 2 + i, block.code[i] - 127);
    }
  }
}
