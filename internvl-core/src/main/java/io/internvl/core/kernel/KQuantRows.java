package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.affine;
import static io.internvl.core.kernel.ByteLanes.left;
import static io.internvl.core.kernel.ByteLanes.right;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decoders of the K types, 256 weights in sub-blocks of 16 or 32: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit.
 */
final class KQuantRows {
  private KQuantRows() {}

  static void q2k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 84L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 80));
      float dmin = Float.float16ToFloat(data.get(SHORT, b + 82));
      for (int k = 0; k < 16; k++) {
        long q = b + 16 + 32L * (k >> 3) + 16L * (k & 1);
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, q, ORDER);
        int scale = data.get(BYTE, b + k);
        float ml = -(dmin * (scale >> 4 & 15));
        v = right(v, k & 6).and((byte) 3);
        affine(v, d * (scale & 15), ml, y, to + 256 * block + 16 * k);
      }
    }
  }

  static void q3k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 110L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 108));
      long low = data.get(LONG, b + 96);
      int high = data.get(INT, b + 104);
      for (int k = 0; k < 16; k++) {
        long q = b + 32 + 32L * (k >> 3) + 16L * (k & 1);
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, q, ORDER);
        ByteVector m = ByteVector.fromMemorySegment(BYTES, data, b + 16L * (k & 1), ORDER);
        v = right(v, k & 6).and((byte) 3).or(left(right(m, k >> 1), 2).and((byte) 4));
        float dl = d * scale(low, high, k);
        scaled(v.sub((byte) 4), dl, y, to + 256 * block + 16 * k);
      }
    }
  }

  /** Returns a 6-bit scale of Q3_K minus 32. */
  private static int scale(long low, int high, int k) {
    int nibble = (int) (low >>> 8 * (k % 8) + 4 * (k / 8)) & 15;
    return (nibble | (high >>> 8 * (k % 4) + 2 * (k / 4) & 3) << 4) - 32;
  }

  static void q4k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 144L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float dmin = Float.float16ToFloat(data.get(SHORT, b + 2));
      long scales = scales(data.get(LONG, b + 4), data.get(INT, b + 12));
      long minima = minima(data.get(LONG, b + 4), data.get(INT, b + 12));
      for (int k = 0; k < 16; k++) {
        long q = b + 16 + 32L * (k >> 2) + 16L * (k & 1);
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, q, ORDER);
        int j = 8 * (k >> 1);
        float ml = -(dmin * (minima >>> j & 63));
        v = right(v, 2 * (k & 2)).and((byte) 15);
        affine(v, d * (scales >>> j & 63), ml, y, to + 256 * block + 16 * k);
      }
    }
  }

  static void q5k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 176L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float dmin = Float.float16ToFloat(data.get(SHORT, b + 2));
      long scales = scales(data.get(LONG, b + 4), data.get(INT, b + 12));
      long minima = minima(data.get(LONG, b + 4), data.get(INT, b + 12));
      for (int k = 0; k < 16; k++) {
        long q = b + 48 + 32L * (k >> 2) + 16L * (k & 1);
        long h = b + 16 + 16L * (k & 1);
        IntVector upper =
            ByteVector.fromMemorySegment(BYTES, data, h, ORDER)
                .reinterpretAsInts()
                .lanewise(VectorOperators.LSHR, k >> 1)
                .and(0x01010101)
                .lanewise(VectorOperators.LSHL, 4);
        ByteVector v =
            ByteVector.fromMemorySegment(BYTES, data, q, ORDER)
                .reinterpretAsInts()
                .lanewise(VectorOperators.LSHR, 2 * (k & 2))
                .and(0x0F0F0F0F)
                .or(upper)
                .reinterpretAsBytes();
        int j = 8 * (k >> 1);
        float ml = -(dmin * (minima >>> j & 63));
        affine(v, d * (scales >>> j & 63), ml, y, to + 256 * block + 16 * k);
      }
    }
  }

  /** Returns the eight 6-bit scales of Q4_K and Q5_K in a byte each. */
  static long scales(long low, int high) {
    long second = high & 0x0F0F_0F0FL | low >>> 2 & 0x3030_3030L;
    return low & 0x3F3F_3F3FL | second << 32;
  }

  /** Returns the eight 6-bit minima of Q4_K and Q5_K in a byte each. */
  static long minima(long low, int high) {
    long second = high >>> 4 & 0x0F0F_0F0FL | low >>> 34 & 0x3030_3030L;
    return low >>> 32 & 0x3F3F_3F3FL | second << 32;
  }

  static void q6k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 210L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 208));
      for (int k = 0; k < 16; k++) {
        long l = b + 64L * (k >> 3) + 16L * (k & 3);
        long h = b + 128 + 32L * (k >> 3) + 16L * (k & 1);
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, l, ORDER);
        ByteVector top = ByteVector.fromMemorySegment(BYTES, data, h, ORDER);
        v = right(v, k & 4).and((byte) 15).or(left(right(top, k & 6), 4).and((byte) 48));
        float dl = d * data.get(BYTE, b + 192 + k);
        scaled(v.sub((byte) 32), dl, y, to + 256 * block + 16 * k);
      }
    }
  }
}
