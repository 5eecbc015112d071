package io.internvl.core.quant;

import java.lang.foreign.MemorySegment;

/** The twelve bytes that hold eight 6-bit scales and eight 6-bit minima of Q4_K and Q5_K. */
final class SubScales {
  private SubScales() {}

  static int scale(MemorySegment x, long s, int j) {
    return j < 4
        ? BlockFormat.u8(x, s + j) & 63
        : BlockFormat.u8(x, s + j + 4) & 15 | BlockFormat.u8(x, s + j - 4) >> 6 << 4;
  }

  static int minimum(MemorySegment x, long s, int j) {
    return j < 4
        ? BlockFormat.u8(x, s + j + 4) & 63
        : BlockFormat.u8(x, s + j + 4) >> 4 | BlockFormat.u8(x, s + j) >> 6 << 4;
  }
}
