package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTES;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.LONG;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.affine;
import static io.internvl.core.kernel.ByteLanes.left;
import static io.internvl.core.kernel.ByteLanes.right;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;

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
      for (int part = 0; part < 4; part++) { // 16 bytes, four weights each
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 16 + 16L * part, ORDER);
        int k = part / 2 * 8 + part % 2; // sub-block of the lowest bits
        long scales = data.get(LONG, b + part / 2 * 8) >>> 8 * (part % 2);
        int o = to + 256 * block + 16 * k;
        affine(v.and((byte) 3), d * (scales & 15), -(dmin * (scales >> 4 & 15)), y, o);
        scales >>>= 16;
        v = right(v, 2);
        affine(v.and((byte) 3), d * (scales & 15), -(dmin * (scales >> 4 & 15)), y, o + 32);
        scales >>>= 16;
        v = right(v, 2);
        affine(v.and((byte) 3), d * (scales & 15), -(dmin * (scales >> 4 & 15)), y, o + 64);
        scales >>>= 16;
        v = right(v, 2);
        affine(v.and((byte) 3), d * (scales & 15), -(dmin * (scales >> 4 & 15)), y, o + 96);
      }
    }
  }

  static void q3k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 110L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 108));
      long low = data.get(LONG, b + 96);
      int high = data.get(INT, b + 104);
      for (int part = 0; part < 4; part++) { // 16 bytes, four weights each
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 32 + 16L * part, ORDER);
        ByteVector m = ByteVector.fromMemorySegment(BYTES, data, b + part % 2 * 16, ORDER);
        int k = part / 2 * 8 + part % 2;
        int o = to + 256 * block + 16 * k;
        m = left(right(m, part / 2 * 4), 2);
        for (int shift = 0; shift < 8; shift += 4) { // two of the four
          ByteVector q = v.and((byte) 3).or(m.and((byte) 4));
          scaled(q.sub((byte) 4), d * scale(low, high, k + shift), y, o + 16 * shift);
          q = right(v, 2).and((byte) 3).or(right(m, 1).and((byte) 4));
          scaled(q.sub((byte) 4), d * scale(low, high, k + shift + 2), y, o + 16 * shift + 32);
          v = right(v, 4);
          m = right(m, 2);
        }
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
      for (int pair = 0; pair < 4; pair++) { // two sub-blocks of 32
        int o = to + 256 * block + 64 * pair;
        ByteVector v0 = ByteVector.fromMemorySegment(BYTES, data, b + 16 + 32L * pair, ORDER);
        ByteVector v1 = ByteVector.fromMemorySegment(BYTES, data, b + 32 + 32L * pair, ORDER);
        float dl = d * (scales & 63);
        float ml = -(dmin * (minima & 63));
        affine(v0.and((byte) 15), dl, ml, y, o);
        affine(v1.and((byte) 15), dl, ml, y, o + 16);
        dl = d * (scales >> 8 & 63);
        ml = -(dmin * (minima >> 8 & 63));
        affine(right(v0, 4).and((byte) 15), dl, ml, y, o + 32);
        affine(right(v1, 4).and((byte) 15), dl, ml, y, o + 48);
        scales >>>= 16;
        minima >>>= 16;
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
      for (int i = 0; i < 32; i += 16) {
        ByteVector h = ByteVector.fromMemorySegment(BYTES, data, b + 16 + i, ORDER);
        for (int pair = 0; pair < 4; pair++) { // nibbles of two sub-blocks of 32
          long q = b + 48 + 32L * pair + i;
          ByteVector v = ByteVector.fromMemorySegment(BYTES, data, q, ORDER);
          int o = to + 256 * block + 64 * pair + i;
          int j = 16 * pair;
          ByteVector low = v.and((byte) 15).or(left(h, 4).and((byte) 16));
          affine(low, d * (scales >>> j & 63), -(dmin * (minima >>> j & 63)), y, o);
          ByteVector top = right(v, 4).and((byte) 15).or(left(h, 3).and((byte) 16));
          j += 8;
          affine(top, d * (scales >>> j & 63), -(dmin * (minima >>> j & 63)), y, o + 32);
          h = right(h, 2);
        }
      }
    }
  }

  /** Returns the eight 6-bit scales of Q4_K and Q5_K in a byte each. */
  private static long scales(long low, int high) {
    long second = high & 0x0F0F_0F0FL | low >>> 2 & 0x3030_3030L;
    return low & 0x3F3F_3F3FL | second << 32;
  }

  /** Returns the eight 6-bit minima of Q4_K and Q5_K in a byte each. */
  private static long minima(long low, int high) {
    long second = high >>> 4 & 0x0F0F_0F0FL | low >>> 34 & 0x3030_3030L;
    return low >>> 32 & 0x3F3F_3F3FL | second << 32;
  }

  static void q6k(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 210L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 208));
      for (int part = 0; part < 4; part++) { // half of 128, and which 16 of its 32
        int half = part / 2;
        long l = b + 64L * half + 16L * (part % 2);
        ByteVector v0 = ByteVector.fromMemorySegment(BYTES, data, l, ORDER);
        ByteVector v1 = ByteVector.fromMemorySegment(BYTES, data, l + 32, ORDER);
        ByteVector h = ByteVector.fromMemorySegment(BYTES, data, b + 128 + 16L * part, ORDER);
        long s = data.get(LONG, b + 192 + 8L * half) >>> 8 * (part % 2);
        int o = to + 256 * block + 128 * half + 16 * (part % 2);
        for (int nibble = 0; nibble < 2; nibble++) {
          ByteVector q = v0.and((byte) 15).or(left(h, 4).and((byte) 48));
          scaled(q.sub((byte) 32), d * (byte) s, y, o);
          q = v1.and((byte) 15).or(left(h, 2).and((byte) 48));
          scaled(q.sub((byte) 32), d * (byte) (s >>> 16), y, o + 32);
          v0 = right(v0, 4);
          v1 = right(v1, 4);
          h = right(h, 4);
          s >>>= 32;
          o += 64;
        }
      }
    }
  }
}
