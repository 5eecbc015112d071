package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.EXPANDED;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.affine;
import static io.internvl.core.kernel.ByteLanes.join;
import static io.internvl.core.kernel.ByteLanes.right;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;

/**
 * Decoders of the types with blocks of 32 weights and one scale: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit.
 */
final class SmallBlockRows {
  private static final long FIFTH_BITS = 0x1010_1010_1010_1010L;

  private SmallBlockRows() {}

  // One vector of sixteen weights a turn: two are too much for the compiler at 128 bits.

  static void q8v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 34L * (half / 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      long codes = b + 2 + half % 2 * 16;
      scaled(ByteVector.fromMemorySegment(BYTES, data, codes, ORDER), d, y, to + 16 * half);
    }
  }

  static void q4v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 18L * (half / 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 2, ORDER);
      v = right(v, half % 2 * 4).and((byte) 15).sub((byte) 8);
      scaled(v, d, y, to + 16 * half);
    }
  }

  static void q4v1(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 20L * (half / 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float m = Float.float16ToFloat(data.get(SHORT, b + 2));
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 4, ORDER);
      affine(right(v, half % 2 * 4).and((byte) 15), d, m, y, to + 16 * half);
    }
  }

  static void q5v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 22L * (half / 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      int high = data.get(INT, b + 2) >>> half % 2 * 16;
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 6, ORDER);
      v = right(v, half % 2 * 4).and((byte) 15).or(fifthBits(high)).sub((byte) 16);
      scaled(v, d, y, to + 16 * half);
    }
  }

  static void q5v1(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 24L * (half / 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float m = Float.float16ToFloat(data.get(SHORT, b + 2));
      int high = data.get(INT, b + 4) >>> half % 2 * 16;
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 8, ORDER);
      v = right(v, half % 2 * 4).and((byte) 15).or(fifthBits(high));
      affine(v, d, m, y, to + 16 * half);
    }
  }

  /** Moves the lowest 16 bits to bit 4 of as many bytes. */
  private static ByteVector fifthBits(int bits) {
    long low = EXPANDED[bits & 255] & FIFTH_BITS;
    long high = EXPANDED[bits >> 8 & 255] & FIFTH_BITS;
    return join(low, high);
  }
}
