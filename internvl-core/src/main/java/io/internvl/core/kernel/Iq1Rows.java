package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.added;
import static io.internvl.core.kernel.ByteLanes.scaled;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;

/**
 * Decoders of IQ1_S and IQ1_M, a codebook of eight values -1, 0 or 1, shifted by an eighth: the
 * values of {@link io.internvl.core.quant.BlockCodecs}, bit for bit. The codebook holds eight times
 * the values in the bytes of a word; all scales are multiplied by an eighth, which is exact.
 */
final class Iq1Rows {
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long[] GRID = grid();

  private Iq1Rows() {}

  private static long[] grid() {
    float[] values = Codebooks.iq1(); // (2048, 8)
    long[] words = new long[values.length / 8];
    for (int i = 0; i < values.length; i++) {
      words[i / 8] |= ((long) (8 * values[i]) & 255) << 8 * (i % 8);
    }
    return words;
  }

  static void iq1S(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 50L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int g = 0; g < 16; g++) {
        int index = data.get(SHORT, b + 2 + 2L * g);
        int word = data.get(SHORT, b + 34 + g / 2 * 2L); // upper bits, scale, sign of the shift
        float dl = d * (2 * (word >> 12 & 7) + 1) * 0.125f;
        long shift = shifts(word >>> 15);
        int upper = word >> g % 2 * 6;
        long q0 = GRID[index & 255 | upper << 8 & 0x700];
        long q1 = GRID[index >>> 8 & 255 | upper << 5 & 0x700];
        scaled(added(q0, shift), added(q1, shift), dl, y, to + 256 * block + 16 * g);
      }
    }
  }

  static void iq1M(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 56L * block;
      long scales = data.get(LONG, b + 48); // in the top nibbles of its four words: d
      long top = scales >>> 12 & 15 | scales >>> 24 & 0xF0 | scales >>> 36 & 0xF00;
      float d = Float.float16ToFloat((short) (top | scales >>> 48 & 0xF000)) * 0.125f;
      for (int g = 0; g < 16; g++) {
        int index = data.get(SHORT, b + 2L * g);
        int h = data.get(BYTE, b + 32 + g); // twice upper bits, sign of the shift
        int scale = (int) (scales >>> 16 * (g >> 2) + 3 * (g & 3)) & 7;
        long q0 = GRID[index & 255 | h << 8 & 0x700];
        long q1 = GRID[index >>> 8 & 255 | h << 4 & 0x700];
        long low = added(q0, shifts(h >> 3));
        long high = added(q1, shifts(h >> 7));
        scaled(low, high, d * (2 * scale + 1), y, to + 256 * block + 16 * g);
      }
    }
  }

  /** Returns eight times -1 when the lowest bit is set, otherwise eight times 1. */
  private static long shifts(int bit) {
    return -(bit & 1L) | ONES;
  }
}
