package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** One float32. */
final class F32 extends BlockFormat {
  F32() {
    super(TensorType.F32);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    y[o] = Float.intBitsToFloat(i32(x, b));
  }
}
