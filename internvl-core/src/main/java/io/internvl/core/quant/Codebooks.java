package io.internvl.core.quant;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Value tables of the codebook types, as defined by ggml (MIT licence, see META-INF/NOTICE). Loaded
 * on first use; the arrays are shared and not to be changed.
 */
public final class Codebooks {
  private static final float[] NON_LINEAR_4 = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };
  private static final float[] FLOAT_4 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private Codebooks() {}

  /** Read from the resource when a codebook type is first decoded. */
  private static final class Grids {
    static final float[] IQ2_XXS;
    static final float[] IQ2_XS;
    static final float[] IQ2_S;
    static final float[] IQ3_XXS;
    static final float[] IQ3_S;
    static final float[] IQ1;

    static {
      try (InputStream in = Codebooks.class.getResourceAsStream("codebooks.bin")) {
        if (in == null) {
          throw new IllegalStateException("resource codebooks.bin is missing in internvl-core");
        }
        IQ2_XXS = read(in, 256 * 8);
        IQ2_XS = read(in, 512 * 8);
        IQ2_S = read(in, 1024 * 8);
        IQ3_XXS = read(in, 256 * 4);
        IQ3_S = read(in, 512 * 4);
        IQ1 = read(in, 2048 * 8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static float[] read(InputStream in, int count) throws IOException {
      byte[] bytes = in.readNBytes(count);
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = bytes[i];
      }
      return values;
    }
  }

  /**
   * Returns the 256 entries of IQ2_XXS.
   *
   * @return (256, 8)
   */
  public static float[] iq2Xxs() {
    return Grids.IQ2_XXS;
  }

  /**
   * Returns the 512 entries of IQ2_XS.
   *
   * @return (512, 8)
   */
  public static float[] iq2Xs() {
    return Grids.IQ2_XS;
  }

  /**
   * Returns the 1024 entries of IQ2_S.
   *
   * @return (1024, 8)
   */
  public static float[] iq2S() {
    return Grids.IQ2_S;
  }

  /**
   * Returns the 256 entries of IQ3_XXS.
   *
   * @return (256, 4)
   */
  public static float[] iq3Xxs() {
    return Grids.IQ3_XXS;
  }

  /**
   * Returns the 512 entries of IQ3_S.
   *
   * @return (512, 4)
   */
  public static float[] iq3S() {
    return Grids.IQ3_S;
  }

  /**
   * Returns the 2048 entries of IQ1_S and IQ1_M.
   *
   * @return (2048, 8), values -1, 0, 1
   */
  public static float[] iq1() {
    return Grids.IQ1;
  }

  /**
   * Returns the values of IQ4_NL and IQ4_XS.
   *
   * @return 16 values
   */
  public static float[] nonLinear4() {
    return NON_LINEAR_4;
  }

  /**
   * Returns the values of MXFP4 and NVFP4, doubled.
   *
   * @return 16 values
   */
  public static float[] float4() {
    return FLOAT_4;
  }

  /**
   * Expands a sign index: its bits, and an eighth one that makes their number even.
   *
   * @param index 0 to 127
   * @return 8 bits, 1 for negative
   */
  public static int signs(int index) {
    return index | (Integer.bitCount(index) & 1) << 7;
  }
}
