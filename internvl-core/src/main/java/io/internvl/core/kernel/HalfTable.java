package io.internvl.core.kernel;

/**
 * The value of every half-precision number, by its 16 bits.
 *
 * <p>A scale from here is spread over a vector by the load itself; a converted one takes three more
 * instructions on the ports that the products need. Of the 256 KiB, a model's scales touch a few.
 */
final class HalfTable {
  static final float[] VALUES = new float[1 << 16];

  static {
    for (int bits = 0; bits < VALUES.length; bits++) {
      VALUES[bits] = Float.float16ToFloat((short) bits);
    }
  }

  private HalfTable() {}
}
