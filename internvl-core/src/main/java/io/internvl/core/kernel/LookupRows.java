package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.ByteLanes.right;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.VectorSupport.BYTES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.core.quant.Codebooks;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;

/**
 * Decoders of the types whose nibbles index a table of 16 values: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, bit for bit.
 */
final class LookupRows {
  /** Values of the codes of IQ4_NL and IQ4_XS. */
  static final byte[] NON_LINEAR = bytes(Codebooks.nonLinear4());

  /** Twice the values of the codes of MXFP4 and NVFP4. */
  static final byte[] FLOAT_4 = bytes(Codebooks.float4());

  /** Half of the scales of MXFP4, 2^(e - 127). */
  static final float[] MXFP4_SCALES = mxfp4Scales();

  /** Half of each 8-bit float scale of NVFP4; the sign bit is unused. */
  private static final float[] NVFP4_SCALES = nvfp4Scales();

  private LookupRows() {}

  private static byte[] bytes(float[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static float[] mxfp4Scales() {
    float[] scales = new float[256];
    for (int exponent = 0; exponent < scales.length; exponent++) {
      scales[exponent] = (float) Math.scalb(1.0, exponent - 128);
    }
    return scales;
  }

  private static float[] nvfp4Scales() {
    float[] scales = new float[256];
    for (int bits = 1; bits < scales.length; bits++) {
      int exponent = bits >> 3 & 15;
      int mantissa = bits & 7;
      float subnormal = mantissa * 0x1p-9f;
      float normal = (1 + mantissa / 8f) * Math.scalb(1f, exponent - 7);
      scales[bits] = 0.5f * (exponent == 0 ? subnormal : normal);
    }
    scales[0x7F] = 0; // not a number
    return scales;
  }

  static void iq4Nl(MemorySegment data, long offset, int count, float[] y, int to) {
    ByteVector table = ByteVector.fromArray(BYTES, NON_LINEAR, 0);
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 18L * (half / 2);
      float d = Float.float16ToFloat(data.get(SHORT, b));
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 2, ORDER);
      v = right(v, half % 2 * 4).and((byte) 15);
      scaled(v.selectFrom(table), d, y, to + 16 * half);
    }
  }

  static void iq4Xs(MemorySegment data, long offset, int count, float[] y, int to) {
    ByteVector table = ByteVector.fromArray(BYTES, NON_LINEAR, 0);
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 136L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      int high = data.get(SHORT, b + 2);
      int low = data.get(INT, b + 4);
      for (int half = 0; half < 16; half++) {
        int g = half / 2;
        float dl = d * ((low >>> 4 * g & 15 | (high >>> 2 * g & 3) << 4) - 32);
        ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 8 + 16L * g, ORDER);
        v = right(v, half % 2 * 4).and((byte) 15);
        scaled(v.selectFrom(table), dl, y, to + 256 * block + 16 * half);
      }
    }
  }

  static void mxfp4(MemorySegment data, long offset, int count, float[] y, int to) {
    ByteVector table = ByteVector.fromArray(BYTES, FLOAT_4, 0);
    for (int half = 0; half < count / 16; half++) {
      long b = offset + 17L * (half / 2);
      float d = MXFP4_SCALES[data.get(BYTE, b) & 255];
      ByteVector v = ByteVector.fromMemorySegment(BYTES, data, b + 1, ORDER);
      v = right(v, half % 2 * 4).and((byte) 15);
      scaled(v.selectFrom(table), d, y, to + 16 * half);
    }
  }

  static void nvfp4(MemorySegment data, long offset, int count, float[] y, int to) {
    ByteVector table = ByteVector.fromArray(BYTES, FLOAT_4, 0);
    for (int block = 0; block < count / 64; block++) {
      long b = offset + 36L * block;
      for (int s = 0; s < 4; s++) {
        float d = NVFP4_SCALES[data.get(BYTE, b + s) & 255];
        long v = data.get(ByteLanes.LONG, b + 4 + 8L * s); // eight low nibbles come first
        long mask = 0x0F0F_0F0F_0F0F_0F0FL;
        ByteVector q = ByteLanes.join(v & mask, v >>> 4 & mask);
        scaled(q.selectFrom(table), d, y, to + 64 * block + 16 * s);
      }
    }
  }
}
