package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTES;
import static io.internvl.core.kernel.ByteLanes.EXPANDED;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.affine;
import static io.internvl.core.kernel.ByteLanes.join;
import static io.internvl.core.kernel.ByteLanes.right;
import static io.internvl.core.kernel.ByteLanes.scaled;
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

  static void q8v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 34L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      scaled(ByteVector.fromMemorySegment(BYTES, data, b + 2, ORDER), d, y, o);
      scaled(ByteVector.fromMemorySegment(BYTES, data, b + 18, ORDER), d, y, o + 16);
    }
  }

  static void q4v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 18L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 2, ORDER);
      scaled(v.and((byte) 15).sub((byte) 8), d, y, o);
      scaled(right(v, 4).and((byte) 15).sub((byte) 8), d, y, o + 16);
    }
  }

  static void q4v1(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 20L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float m = Float.float16ToFloat(data.get(SHORT, b + 2));
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 4, ORDER);
      affine(v.and((byte) 15), d, m, y, o);
      affine(right(v, 4).and((byte) 15), d, m, y, o + 16);
    }
  }

  static void q5v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 22L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      int high = data.get(INT, b + 2);
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 6, ORDER);
      ByteVector low = v.and((byte) 15).or(fifthBits(high));
      ByteVector top = right(v, 4).and((byte) 15).or(fifthBits(high >>> 16));
      scaled(low.sub((byte) 16), d, y, o);
      scaled(top.sub((byte) 16), d, y, o + 16);
    }
  }

  static void q5v1(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 24L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float m = Float.float16ToFloat(data.get(SHORT, b + 2));
      int high = data.get(INT, b + 4);
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 8, ORDER);
      affine(v.and((byte) 15).or(fifthBits(high)), d, m, y, o);
      affine(right(v, 4).and((byte) 15).or(fifthBits(high >>> 16)), d, m, y, o + 16);
    }
  }

  /** Moves the lowest 16 bits to bit 4 of as many bytes. */
  private static ByteVector fifthBits(int bits) {
    long low = EXPANDED[bits & 255] & FIFTH_BITS;
    long high = EXPANDED[bits >> 8 & 255] & FIFTH_BITS;
    return join(low, high);
  }
}
