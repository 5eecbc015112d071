package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;

import java.lang.foreign.MemorySegment;

/** MXFP4 with vectors of 256 or 128 bits: an exponent and 32 codes. */
final class GemvNarrowMXFP4 extends GemvNarrowTableKernel {
  private static final long BYTES_OF_BLOCK = 17;

  GemvNarrowMXFP4() {
    super(LookupRows.FLOAT_4);
  }

  @Override
  void decodeScales(MemorySegment w, int first, int count, long[] starts, float[] scratch) {
    for (int block = 0; block < count; block++) {
      long at = (first + block) * BYTES_OF_BLOCK;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        float d = LookupRows.MXFP4_SCALES[w.get(BYTE, at + starts[row]) & 0xFF];
        scratch[ALL_SUMS + row * AHEAD + block] = d;
      }
    }
  }

  @Override
  long codesOf(int block) {
    return block * BYTES_OF_BLOCK + 1;
  }
}
