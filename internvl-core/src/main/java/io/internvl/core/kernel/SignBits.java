package io.internvl.core.kernel;

import io.internvl.core.quant.Codebooks;

/** Sign bits of eight floats, as vectors to be xor-ed with them. */
final class SignBits {
  /** For each byte (256, 8). */
  static final int[] ALL = new int[256 * 8];

  /** For each index of 7 bits, with an eighth bit that makes their number even (128, 8). */
  static final int[] EVEN = new int[128 * 8];

  static {
    for (int i = 0; i < ALL.length; i++) {
      ALL[i] = (i / 8 >> i % 8 & 1) << 31;
    }
    for (int i = 0; i < EVEN.length; i++) {
      EVEN[i] = (Codebooks.signs(i / 8) >> i % 8 & 1) << 31;
    }
  }

  private SignBits() {}
}
