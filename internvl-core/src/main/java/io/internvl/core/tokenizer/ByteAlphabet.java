package io.internvl.core.tokenizer;

import java.util.Arrays;

/**
 * The characters that byte-level vocabularies write bytes with: printable Latin-1 characters stand
 * for themselves, the other 68 bytes for U+0100 and up (Radford et al. 2019).
 */
final class ByteAlphabet {
  private static final char[] CHARACTER = new char[256];
  private static final short[] BYTE = new short[512];

  static {
    Arrays.fill(BYTE, (short) -1);
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean itself = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      CHARACTER[b] = itself ? (char) b : next++;
      BYTE[CHARACTER[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  static char characterOf(int unsignedByte) {
    return CHARACTER[unsignedByte];
  }

  /** The byte a character stands for, -1 for none. */
  static int byteOf(char character) {
    return character < BYTE.length ? BYTE[character] : -1;
  }
}
