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

  /** Writes eight scales and eight minima of 0 to 63. */
  static void put(MemorySegment y, long s, int[] scale, int[] minimum) {
    for (int j = 0; j < 4; j++) {
      int upper = j + 4;
      EncodableFormat.putByte(y, s + j, scale[j] | scale[upper] >> 4 << 6);
      EncodableFormat.putByte(y, s + j + 4, minimum[j] | minimum[upper] >> 4 << 6);
      EncodableFormat.putByte(y, s + j + 8, scale[upper] & 15 | minimum[upper] << 4);
    }
  }
}
