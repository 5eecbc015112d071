package io.internvl.core.kernel;

/**
 * The scales of a super-block of 256 weights of a type with a codebook: one for each sixteen
 * weights, and a factor. Weights are {@code factor * scale * (code - offset)} with the codes and
 * the offset of {@link PackedFormat}.
 */
final class CodebookScales {
  private final PackedFormat format;
  private final byte[] row;
  private final int at;
  private final float factor;

  /**
   * Reads the factor.
   *
   * @param format IQ1, IQ2 or IQ3, or IQ4_XS
   * @param row encoded weights
   * @param at where the super-block starts
   */
  CodebookScales(PackedFormat format, byte[] row, int at) {
    this.format = format;
    this.row = row;
    this.at = at;
    factor =
        switch (format) {
          case IQ1_S -> half(unsigned(0)) / 4; // codes count quarters
          case IQ1_M -> half(scatteredHalf()) / 4;
          case IQ2_XXS, IQ2_XS, IQ2_S -> half(unsigned(0)) / 8; // scales count halves, a quarter
          case IQ3_XXS -> half(unsigned(0)) / 2; // halves of them, a half; codes count twos
          case IQ3_S -> half(unsigned(0)) * 2; // codes count twos
          case IQ4_XS -> half(unsigned(0));
          default -> throw new IllegalArgumentException(format + " has no codebook");
        };
  }

  private static float half(int bits) {
    return Float.float16ToFloat((short) bits);
  }

  private int unsigned(int offset) {
    return (short) PackedSource.SHORTS.get(row, at + offset) & 0xFFFF;
  }

  private int topBits(int offset) {
    return (int) PackedSource.WORDS.get(row, at + offset) >>> 28;
  }

  /** Returns a nibble of the bytes from an offset on. */
  private int nibble(int offset, int index) {
    return row[at + offset + index / 2] >> 4 * (index % 2) & 15;
  }

  /** The factor of IQ1_M is in the top nibbles of the words of scales. */
  private int scatteredHalf() {
    return unsigned(48) >> 12
        | unsigned(50) >> 8 & 0xF0
        | unsigned(52) >> 4 & 0xF00
        | unsigned(54) & 0xF000;
  }

  /** Returns what all scales are multiplied with. */
  float factor() {
    return factor;
  }

  /** Returns the scale of sixteen weights, which fits in a signed byte. */
  int scale(int sixteen) {
    int group = sixteen / 2; // of 32 weights
    return switch (format) {
      case IQ1_S -> 2 * (unsigned(34 + 2 * group) >> 12 & 7) + 1;
      case IQ1_M -> 2 * (unsigned(48 + sixteen / 4 * 2) >> 3 * (sixteen % 4) & 7) + 1;
      case IQ2_XXS -> 2 * topBits(6 + 8 * group) + 1;
      case IQ2_XS -> 2 * nibble(66, sixteen) + 1;
      case IQ2_S -> 2 * nibble(74, sixteen) + 1;
      case IQ3_XXS -> 2 * topBits(66 + 4 * group) + 1;
      case IQ3_S -> 2 * nibble(106, group) + 1;
      default -> (nibble(4, group) | (unsigned(2) >> 2 * group & 3) << 4) - 32; // IQ4_XS
    };
  }
}
