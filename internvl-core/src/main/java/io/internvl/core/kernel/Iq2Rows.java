package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.EXPANDED;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.Iq3Rows.SIGNS;
import static io.internvl.core.kernel.Iq3Rows.signed;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;

/**
 * Decoders of IQ2_XXS, IQ2_XS and IQ2_S, codebooks of eight signed weights: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit. A code is eight bytes of a word; signs are
 * applied to all of them at once, as in {@link Iq3Rows}.
 */
final class Iq2Rows {
  private static final long[] IQ2_XXS = words(Codebooks.iq2Xxs()); // (256)
  private static final long[] IQ2_XS = words(Codebooks.iq2Xs()); // (512)
  private static final long[] IQ2_S = words(Codebooks.iq2S()); // (1024)

  private Iq2Rows() {}

  private static long[] words(float[] values) {
    long[] words = new long[values.length / 8];
    for (int i = 0; i < values.length; i++) {
      words[i / 8] |= ((long) values[i] & 255) << 8 * (i % 8);
    }
    return words;
  }

  static void iq2Xxs(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 66L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int g = 0; g < 8; g++) {
        long v = data.get(LONG, b + 2 + 8L * g); // four indices, four signs, scale
        float db = d * (0.5f + (int) (v >>> 60)) * 0.25f;
        int o = to + 256 * block + 32 * g;
        int w = (int) v;
        int signs = (int) (v >>> 32);
        long q0 = signed(IQ2_XXS[w & 255], SIGNS[signs & 127]);
        long q1 = signed(IQ2_XXS[w >>> 8 & 255], SIGNS[signs >>> 7 & 127]);
        scaled(q0, q1, db, y, o);
        long q2 = signed(IQ2_XXS[w >>> 16 & 255], SIGNS[signs >>> 14 & 127]);
        long q3 = signed(IQ2_XXS[w >>> 24], SIGNS[signs >>> 21 & 127]);
        scaled(q2, q3, db, y, o + 16);
      }
    }
  }

  static void iq2Xs(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 74L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      long scales = data.get(LONG, b + 66); // 16 of 4 bits
      for (int g = 0; g < 16; g++) {
        int w = data.get(INT, b + 2 + 4L * g); // two words of index and signs
        float db = d * (0.5f + (int) (scales >>> 4 * g & 15)) * 0.25f;
        long q0 = signed(IQ2_XS[w & 511], SIGNS[w >>> 9 & 127]);
        long q1 = signed(IQ2_XS[w >>> 16 & 511], SIGNS[w >>> 25]);
        scaled(q0, q1, db, y, to + 256 * block + 16 * g);
      }
    }
  }

  static void iq2S(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 82L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      long high = data.get(LONG, b + 66); // two more bits of each index
      long scales = data.get(LONG, b + 74); // 16 of 4 bits
      for (int g = 0; g < 16; g++) {
        int index = data.get(SHORT, b + 2 + 2L * g);
        int signs = data.get(SHORT, b + 34 + 2L * g);
        int h = (int) (high >>> 4 * g);
        float db = d * (0.5f + (int) (scales >>> 4 * g & 15)) * 0.25f;
        long q0 = signed(IQ2_S[index & 255 | h << 8 & 768], EXPANDED[signs & 255]);
        long q1 = signed(IQ2_S[index >>> 8 & 255 | h << 6 & 768], EXPANDED[signs >>> 8 & 255]);
        scaled(q0, q1, db, y, to + 256 * block + 16 * g);
      }
    }
  }
}
