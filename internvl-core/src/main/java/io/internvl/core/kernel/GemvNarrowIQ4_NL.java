package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.SHORT;

import java.lang.foreign.MemorySegment;

/** IQ4_NL with vectors of 256 or 128 bits: a scale and 32 codes. */
final class GemvNarrowIQ4_NL extends GemvNarrowTableKernel {
  private static final long BYTES_OF_BLOCK = 18;

  GemvNarrowIQ4_NL() {
    super(LookupRows.NON_LINEAR);
  }

  @Override
  void decodeScales(MemorySegment w, int first, int count, long[] starts, float[] scratch) {
    for (int block = 0; block < count; block++) {
      long at = (first + block) * BYTES_OF_BLOCK;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        float d = HalfTable.VALUES[w.get(SHORT, at + starts[row]) & 0xFFFF];
        scratch[ALL_SUMS + row * AHEAD + block] = d;
      }
    }
  }

  @Override
  long codesOf(int block) {
    return block * BYTES_OF_BLOCK + 2;
  }
}
