package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.LANES;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decoders of IQ2_XXS, IQ2_XS and IQ2_S, codebooks of eight signed weights: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit. Codebooks and signs are tables of vectors.
 */
final class Iq2Rows {
  private static final VectorSpecies<Float> EIGHT =
      LANES < 8 ? FloatVector.SPECIES_128 : FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> EIGHT_INTS =
      LANES < 8 ? IntVector.SPECIES_128 : IntVector.SPECIES_256;

  private static final float[] IQ2_XXS = Codebooks.iq2Xxs(); // (256, 8)
  private static final float[] IQ2_XS = Codebooks.iq2Xs(); // (512, 8)
  private static final float[] IQ2_S = Codebooks.iq2S(); // (1024, 8)

  /** A 7-bit sign index with its eighth bit. */
  private static final int[] SIGNS = signs();

  private Iq2Rows() {}

  private static int[] signs() {
    int[] signs = new int[128];
    for (int i = 0; i < signs.length; i++) {
      signs[i] = Codebooks.signs(i);
    }
    return signs;
  }

  /** Writes eight weights: {@code d * grid}, signed. */
  private static void eight(float[] grid, int code, int signs, float d, float[] y, int o) {
    for (int i = 0; i < 8; i += EIGHT.length()) {
      FloatVector.fromArray(EIGHT, grid, 8 * code + i)
          .mul(d)
          .reinterpretAsInts()
          .lanewise(
              VectorOperators.XOR, IntVector.fromArray(EIGHT_INTS, SignBits.ALL, 8 * signs + i))
          .reinterpretAsFloats()
          .intoArray(y, o + i);
    }
  }

  static void iq2Xxs(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 66L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int g = 0; g < 8; g++) {
        long v = data.get(LONG, b + 2 + 8L * g); // four indices, four signs, scale
        float db = d * (0.5f + (int) (v >>> 60)) * 0.25f;
        int o = to + 256 * block + 32 * g;
        eight(IQ2_XXS, (int) v & 255, SIGNS[(int) (v >>> 32) & 127], db, y, o);
        eight(IQ2_XXS, (int) v >>> 8 & 255, SIGNS[(int) (v >>> 39) & 127], db, y, o + 8);
        eight(IQ2_XXS, (int) v >>> 16 & 255, SIGNS[(int) (v >>> 46) & 127], db, y, o + 16);
        eight(IQ2_XXS, (int) v >>> 24, SIGNS[(int) (v >>> 53) & 127], db, y, o + 24);
      }
    }
  }

  static void iq2Xs(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 74L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int g = 0; g < 8; g++) {
        long v = data.get(LONG, b + 2 + 8L * g); // four words of index and signs
        int scale = data.get(BYTE, b + 66 + g);
        float d0 = d * (0.5f + (scale & 15)) * 0.25f;
        float d1 = d * (0.5f + (scale >> 4 & 15)) * 0.25f;
        int o = to + 256 * block + 32 * g;
        int w = (int) v;
        eight(IQ2_XS, w & 511, SIGNS[w >>> 9 & 127], d0, y, o);
        eight(IQ2_XS, w >>> 16 & 511, SIGNS[w >>> 25], d0, y, o + 8);
        w = (int) (v >>> 32);
        eight(IQ2_XS, w & 511, SIGNS[w >>> 9 & 127], d1, y, o + 16);
        eight(IQ2_XS, w >>> 16 & 511, SIGNS[w >>> 25], d1, y, o + 24);
      }
    }
  }

  static void iq2S(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 82L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      long high = data.get(LONG, b + 66); // two more bits of each index
      long scales = data.get(LONG, b + 74);
      for (int g = 0; g < 8; g++) {
        int index = data.get(INT, b + 2 + 4L * g);
        int signs = data.get(INT, b + 34 + 4L * g);
        int h = (int) (high >>> 8 * g);
        int scale = (int) (scales >>> 8 * g);
        float d0 = d * (0.5f + (scale & 15)) * 0.25f;
        float d1 = d * (0.5f + (scale >> 4 & 15)) * 0.25f;
        int o = to + 256 * block + 32 * g;
        eight(IQ2_S, index & 255 | h << 8 & 768, signs & 255, d0, y, o);
        eight(IQ2_S, index >>> 8 & 255 | h << 6 & 768, signs >>> 8 & 255, d0, y, o + 8);
        eight(IQ2_S, index >>> 16 & 255 | h << 4 & 768, signs >>> 16 & 255, d1, y, o + 16);
        eight(IQ2_S, index >>> 24 | h << 2 & 768, signs >>> 24, d1, y, o + 24);
      }
    }
  }
}
