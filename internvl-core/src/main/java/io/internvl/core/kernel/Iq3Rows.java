package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.EXPANDED;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.scaled;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;

/**
 * Decoders of IQ3_XXS and IQ3_S, codebooks of four signed weights: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit.
 *
 * <p>Two codes are eight bytes of a word. Signs are applied to all of them at once: {@code (x ^ m)
 * + (m & 1)} negates where m is 0xFF, and never carries because x is not 0.
 */
final class Iq3Rows {
  private static final long ONES = 0x0101_0101_0101_0101L;

  private static final long[] XXS_FIRST = words(Codebooks.iq3Xxs(), 0); // of two codes
  private static final long[] XXS_SECOND = words(Codebooks.iq3Xxs(), 32);
  private static final long[] S_FIRST = words(Codebooks.iq3S(), 0);
  private static final long[] S_SECOND = words(Codebooks.iq3S(), 32);

  /** The signs of a 7-bit index as eight bytes. */
  static final long[] SIGNS = signs();

  private Iq3Rows() {}

  private static long[] words(float[] values, int shift) {
    long[] words = new long[values.length / 4];
    for (int i = 0; i < values.length; i++) {
      words[i / 4] |= ((long) values[i] & 255) << 8 * (i % 4) + shift;
    }
    return words;
  }

  private static long[] signs() {
    long[] signs = new long[128];
    for (int i = 0; i < signs.length; i++) {
      signs[i] = EXPANDED[Codebooks.signs(i)];
    }
    return signs;
  }

  /** Negates the bytes of x where those of the mask are 0xFF. */
  static long signed(long x, long mask) {
    return (x ^ mask) + (mask & ONES);
  }

  static void iq3Xxs(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 98L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int g = 0; g < 16; g++) {
        int w = data.get(INT, b + 2 + 4L * g); // four indices
        int word = data.get(INT, b + 66 + g / 2 * 4L); // four signs, scale
        float db = d * (0.5f + (word >>> 28)) * 0.5f;
        int signs = word >>> g % 2 * 14;
        long q0 = signed(XXS_FIRST[w & 255] | XXS_SECOND[w >>> 8 & 255], SIGNS[signs & 127]);
        long q1 =
            signed(XXS_FIRST[w >>> 16 & 255] | XXS_SECOND[w >>> 24], SIGNS[signs >>> 7 & 127]);
        scaled(q0, q1, db, y, to + 256 * block + 16 * g);
      }
    }
  }

  static void iq3S(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 110L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      long high = data.get(LONG, b + 66); // ninth bits of the indices
      int scales = data.get(INT, b + 106);
      for (int g = 0; g < 16; g++) {
        int w = data.get(INT, b + 2 + 4L * g); // four indices
        int signs = data.get(SHORT, b + 74 + 2L * g);
        float db = d * (1 + 2 * (scales >>> 4 * (g / 2) & 15));
        int h = (int) (high >>> 4 * g);
        long x0 = S_FIRST[w & 255 | h << 8 & 256] | S_SECOND[w >>> 8 & 255 | h << 7 & 256];
        long x1 = S_FIRST[w >>> 16 & 255 | h << 6 & 256] | S_SECOND[w >>> 24 | h << 5 & 256];
        long q0 = signed(x0, EXPANDED[signs & 255]);
        long q1 = signed(x1, EXPANDED[signs >>> 8 & 255]);
        scaled(q0, q1, db, y, to + 256 * block + 16 * g);
      }
    }
  }
}
