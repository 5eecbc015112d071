package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** One bfloat16: the upper half of a float32. */
final class BF16 extends BlockFormat {
  BF16() {
    super(TensorType.BF16);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    y[o] = Float.intBitsToFloat(u16(x, b) << 16);
  }
}
