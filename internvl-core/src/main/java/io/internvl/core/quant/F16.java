package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/** One half-precision float. */
final class F16 extends BlockFormat {
  F16() {
    super(TensorType.F16);
  }

  @Override
  void decodeBlock(MemorySegment x, long b, float[] y, int o) {
    y[o] = f16(x, b);
  }
}
