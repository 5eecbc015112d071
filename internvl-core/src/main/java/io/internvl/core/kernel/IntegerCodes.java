package io.internvl.core.kernel;

/**
 * Kinds of codes that {@link NarrowIntegers} are multiplied with: how they lie in bytes, and how
 * large they are.
 */
enum IntegerCodes {
  /** Q4_0 and Q4_1: codes i and i + 16 of a block are the halves of byte i; less 8. */
  HALVES_OF_16(16, 8, 8, 8),

  /** Q5_0 and Q5_1: in the same order, bytes once a fifth bit is added; less 16. */
  FIVE_BITS(16, 16, 16, 4),

  /** Q2_K: codes i and i + 32 are bits of byte i, of a vector that was shifted for them. */
  TWO_BITS_K(32, 0, 3, 4),

  /** Q3_K: in the same order, once a third bit is added. */
  THREE_BITS_K(32, 0, 7, 4),

  /** Q4_K: codes i and i + 32 are the halves of byte i. */
  FOUR_BITS_K(32, 0, 15, 4),

  /** Q5_K: in the same order, bytes once a fifth bit is added. */
  FIVE_BITS_K(32, 0, 31, 2),

  /** Q6_K: codes i and i + 64 are bytes once two bits are added; less 32. */
  SIX_BITS_K(64, 32, 32, 4);

  /** Elements of the lower halves of consecutive bytes, followed by as many of the upper halves. */
  final int halfBlock;

  /** What is subtracted from the codes. */
  final int offset;

  /** Largest absolute value of what is left. */
  final int largest;

  /** Products that are added up as integers, of the eight of a lane: 2, 4 or 8. */
  final int added;

  IntegerCodes(int halfBlock, int offset, int largest, int added) {
    this.halfBlock = halfBlock;
    this.offset = offset;
    this.largest = largest;
    this.added = added;
  }
}
