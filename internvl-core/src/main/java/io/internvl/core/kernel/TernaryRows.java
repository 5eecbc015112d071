package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.EXPANDED;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.right;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decoders of the types with two or three values a weight, and of Q2_0: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit.
 */
final class TernaryRows {
  private static final long ONES = 0x0101_0101_0101_0101L;

  /** For each byte, its four 2-bit values minus one. */
  private static final int[] QUADS = quads();

  private TernaryRows() {}

  private static int[] quads() {
    int[] table = new int[256];
    for (int bits = 0; bits < table.length; bits++) {
      for (int k = 0; k < 4; k++) {
        table[bits] |= ((bits >> 2 * k & 3) - 1 & 255) << 8 * k;
      }
    }
    return table;
  }

  static void tq1v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 54L * block;
      int o = to + 256 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 52));
      for (int part = 0; part < 3; part++) { // of 16 bytes; two parts are interleaved
        int stride = part < 2 ? 32 : 16;
        int first = part < 2 ? o + 16 * part : o + 160;
        digits(
            ByteVector.fromMemorySegment(BYTES, data, b + 16L * part, ORDER), d, y, first, stride);
      }
      for (int i = 0; i < 4; i++) { // four bytes have four digits only
        int q = data.get(BYTE, b + 48 + i) & 255;
        for (int n = 0; n < 4; n++) {
          y[o + 240 + 4 * n + i] = d * ((q * 3 >> 8) - 1);
          q = q * 3 & 255;
        }
      }
    }
  }

  /** Decodes the five digits of each byte; those of the same place go next to each other. */
  private static void digits(ByteVector v, float d, float[] y, int o, int stride) {
    ByteVector t = v;
    for (int n = 0; n < 5; n++) {
      ByteVector digit = ByteVector.zero(BYTES);
      digit = digit.blend((byte) -1, t.compare(VectorOperators.ULT, (byte) 86));
      digit = digit.blend((byte) 1, t.compare(VectorOperators.UGE, (byte) 171));
      scaled(digit, d, y, o + n * stride);
      t = t.add(t).add(t);
    }
  }

  static void tq2v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 66L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 64));
      for (int k = 0; k < 16; k++) { // one step in the loop: four are too much for the compiler
        int part = k / 8 * 2 + k % 2;
        int field = k / 2 % 4;
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 16L * part, ORDER);
        v = right(v, 2 * field).and((byte) 3).sub((byte) 1);
        scaled(v, d, y, to + 256 * block + 16 * k);
      }
    }
  }

  static void q1v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int group = 0; group < count / 16; group++) {
      long b = offset + 18L * (group >> 3);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      int bits = data.get(SHORT, b + 2 + 2L * (group & 7));
      long low = ~EXPANDED[bits & 255] | ONES;
      long high = ~EXPANDED[bits >> 8 & 255] | ONES;
      scaled(low, high, d, y, to + 16 * group);
    }
  }

  static void q2v0(MemorySegment data, long offset, int count, float[] y, int to) {
    for (int group = 0; group < count / 16; group++) {
      long b = offset + 18L * (group >> 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      int bits = data.get(INT, b + 2 + 4L * (group & 3));
      long low = QUADS[bits & 255] & 0xFFFF_FFFFL | (long) QUADS[bits >>> 8 & 255] << 32;
      long high = QUADS[bits >>> 16 & 255] & 0xFFFF_FFFFL | (long) QUADS[bits >>> 24] << 32;
      scaled(low, high, d, y, to + 16 * group);
    }
  }
}
