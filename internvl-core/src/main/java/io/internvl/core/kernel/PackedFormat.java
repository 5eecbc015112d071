package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * How weights of a tensor type are packed: {@link #GROUP} rows side by side, a 32-bit word of each.
 * Of each {@link #STRETCH} of columns first come the words with the scales, then those with the
 * codes: in the order in which they are read. Nothing is lost: codes keep their values, in fields
 * that a product needs no rearranging for.
 */
enum PackedFormat {
  Q4_0(Codes.NIBBLES, Scales.HALVES, 8, 15, 32),
  Q4_1(Codes.NIBBLES, Scales.HALF_PAIRS, 0, 15, 32),
  Q5_0(Codes.FIVES, Scales.HALVES, 16, 31, 32),
  Q5_1(Codes.FIVES, Scales.HALF_PAIRS, 0, 31, 32),
  Q2_K(Codes.NIBBLES, Scales.NIBBLE_PAIRS, 0, 3, 16),
  Q3_K(Codes.NIBBLES, Scales.SIGNED_BYTES, 4, 7, 16),
  Q4_K(Codes.NIBBLES, Scales.SIX_BITS, 0, 15, 32),
  Q5_K(Codes.FIVES, Scales.SIX_BITS, 0, 31, 32),
  Q6_K(Codes.BYTES, Scales.SIGNED_BYTES, 32, 32, 16),

  // Entries of codebooks become integers: those of IQ1 are -1, 0 or 1 and an eighth more or less,
  // those of IQ3_S odd numbers; these have nibbles, the others take bytes.
  IQ1_S(Codes.NIBBLES, Scales.SIGNED_BYTES, 4.5f, 9, 16),
  IQ1_M(Codes.NIBBLES, Scales.SIGNED_BYTES, 4.5f, 9, 16),
  IQ2_XXS(Codes.BYTES, Scales.SIGNED_BYTES, 43, 43, 16),
  IQ2_XS(Codes.BYTES, Scales.SIGNED_BYTES, 43, 43, 16),
  IQ2_S(Codes.BYTES, Scales.SIGNED_BYTES, 43, 43, 16),
  IQ3_XXS(Codes.BYTES, Scales.SIGNED_BYTES, 31, 31, 16),
  IQ3_S(Codes.NIBBLES, Scales.SIGNED_BYTES, 7.5f, 15, 16),
  IQ4_NL(Codes.BYTES, Scales.HALVES, 127, 127, 32),
  IQ4_XS(Codes.BYTES, Scales.SIGNED_BYTES, 127, 127, 16);

  /** Rows side by side: as many as a vector has lanes, but eight with vectors of 128 bits. */
  static final int GROUP = Math.max(RowShares.UNIT, VectorSupport.LANES);

  /** Bytes of a word of each row of a group. */
  static final int WORD = GROUP * Integer.BYTES;

  /** Weights of a block, the unit of codes. */
  static final int BLOCK = 32;

  /** Columns whose scales stand together and are decoded at once. */
  static final int STRETCH = 1024;

  private static final int SUPER_BLOCK = 256;

  /** Fields of a word. */
  enum Codes {
    /** Eight codes: the lower halves of four bytes, then the upper halves. */
    NIBBLES(4, 4, 16),
    /** Six codes: three fields in each half of a word. The last four fields are no weights. */
    FIVES(6, 2, 18),
    /** Four codes. Their offset is subtracted before they are multiplied. */
    BYTES(8, 2, 16);

    /** Words of a block. */
    final int words;

    /** Products that are added up as integers. */
    final int added;

    /** Pairs of codes of a block, also those that are none. */
    final int pairs;

    Codes(int words, int added, int pairs) {
      this.words = words;
      this.added = added;
      this.pairs = pairs;
    }
  }

  /** What stands in front of the codes. */
  enum Scales {
    /** Half-precision scales of two blocks a word. */
    HALVES,
    /** Half-precision scale and minimum of a block. */
    HALF_PAIRS,
    /** The header of Q4_K and Q5_K as in the file, four words a super-block. */
    SIX_BITS,
    /** For each super-block four words with sixteen signed bytes, and a float32 factor. */
    SIGNED_BYTES,
    /**
     * The header of Q2_K, five words a super-block: sixteen pairs of nibbles, then half-precision
     * factors of the scales, which the lower ones are, and of the minima.
     */
    NIBBLE_PAIRS
  }

  final Codes codes;
  final Scales scales;

  /** What is subtracted from a code. */
  final float offset;

  /** Largest factor of a product: a code, or what it is without the offset. */
  final int largest;

  /** Weights that have a scale in common. */
  final int scaled;

  PackedFormat(Codes codes, Scales scales, float offset, int largest, int scaled) {
    this.codes = codes;
    this.scales = scales;
    this.offset = offset;
    this.largest = largest;
    this.scaled = scaled;
  }

  /** Returns the format of a tensor type; null when it is not packed. */
  static @Nullable PackedFormat of(TensorType type) {
    for (PackedFormat format : values()) {
      if (format.name().equals(type.name())) {
        return format;
      }
    }
    return null;
  }

  /** Returns what is subtracted from products, times the sum of the activations. */
  float offsetOfSums() {
    return codes == Codes.BYTES ? 0 : offset;
  }

  /** Returns how many words the codes of a row take. */
  int codeWords(int cols) {
    return cols / BLOCK * codes.words;
  }

  /** Returns how many words the scales of a row take. */
  int scaleWords(int cols) {
    return switch (scales) {
      case HALVES -> Math.ceilDiv(cols / BLOCK, 2);
      case HALF_PAIRS -> cols / BLOCK;
      case SIX_BITS -> cols / SUPER_BLOCK * 4;
      case SIGNED_BYTES, NIBBLE_PAIRS -> cols / SUPER_BLOCK * 5;
    };
  }

  /**
   * Returns where the scales of a stretch would start if those of all columns before it stood in
   * front of them.
   *
   * @param first first column of the stretch
   * @return bytes from the begin of a group
   */
  long scalesOffset(int first) {
    return codeWords(first) * (long) WORD;
  }

  /**
   * Returns where the codes of a stretch would start if those of all columns before it stood in
   * front of them.
   *
   * @param end column after the last one of the stretch
   * @return bytes from the begin of a group
   */
  long codesOffset(int end) {
    return scaleWords(end) * (long) WORD;
  }

  /** Returns the size of a packed row in bytes. */
  long rowBytes(int cols) {
    return (codeWords(cols) + scaleWords(cols)) * (long) Integer.BYTES;
  }
}
