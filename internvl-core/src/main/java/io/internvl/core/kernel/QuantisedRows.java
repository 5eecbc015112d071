package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Decoders of the commonest quantised types for weight tiles: the values of {@link
 * io.internvl.core.quant.BlockCodecs}, in flat loops that C2 turns into vector code.
 */
final class QuantisedRows {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** As many bytes as a vector has floats; null where no vector is that short. */
  private static final @Nullable VectorSpecies<Byte> BYTES =
      LANES < 8 ? null : VectorSpecies.of(byte.class, VectorShape.forBitSize(LANES * Byte.SIZE));

  private QuantisedRows() {}

  static void q8v0(MemorySegment data, long offset, int count, float[] target, int to) {
    if (BYTES == null) {
      q8v0Scalar(data, offset, count, target, to);
      return;
    }
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 34L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int i = 0; i < 32; i += LANES) {
        ByteVector q = ByteVector.fromMemorySegment(BYTES, data, b + 2 + i, ORDER);
        ((FloatVector) q.convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(d)
            .intoArray(target, o + i);
      }
    }
  }

  private static void q8v0Scalar(
      MemorySegment data, long offset, int count, float[] target, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 34L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int i = 0; i < 32; i++) {
        target[o + i] = d * data.get(BYTE, b + 2 + i);
      }
    }
  }

  static void q4v0(MemorySegment data, long offset, int count, float[] target, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 18L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      for (int i = 0; i < 16; i++) {
        target[o + i] = d * ((data.get(BYTE, b + 2 + i) & 15) - 8);
      }
      for (int i = 0; i < 16; i++) {
        target[o + 16 + i] = d * ((data.get(BYTE, b + 2 + i) >> 4 & 15) - 8);
      }
    }
  }

  static void q5v0(MemorySegment data, long offset, int count, float[] target, int to) {
    for (int block = 0; block < count / 32; block++) {
      long b = offset + 22L * block;
      int o = to + 32 * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      int high = data.get(INT, b + 2);
      for (int i = 0; i < 16; i++) {
        int q = data.get(BYTE, b + 6 + i) & 15;
        target[o + i] = d * ((q | (high >>> i & 1) << 4) - 16);
      }
      for (int i = 0; i < 16; i++) {
        int q = data.get(BYTE, b + 6 + i) >> 4 & 15;
        target[o + 16 + i] = d * ((q | (high >>> (i + 16) & 1) << 4) - 16);
      }
    }
  }

  static void q4k(MemorySegment data, long offset, int count, float[] target, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 144L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b));
      float dmin = Float.float16ToFloat(data.get(SHORT, b + 2));
      for (int j = 0; j < 8; j++) {
        int low = data.get(BYTE, b + 4 + j % 4);
        int high = data.get(BYTE, b + 8 + j % 4);
        int top = data.get(BYTE, b + 12 + j % 4);
        int scale = j < 4 ? low & 63 : top & 15 | (low >> 6 & 3) << 4;
        int minimum = j < 4 ? high & 63 : top >> 4 & 15 | (high >> 6 & 3) << 4;
        float dl = d * scale;
        float ml = dmin * minimum;
        long q = b + 16 + 32L * (j / 2);
        int shift = 4 * (j % 2);
        int o = to + 256 * block + 32 * j;
        for (int l = 0; l < 32; l++) {
          target[o + l] = dl * (data.get(BYTE, q + l) >> shift & 15) - ml;
        }
      }
    }
  }

  static void q6k(MemorySegment data, long offset, int count, float[] target, int to) {
    for (int block = 0; block < count / 256; block++) {
      long b = offset + 210L * block;
      float d = Float.float16ToFloat(data.get(SHORT, b + 208));
      for (int e = 0; e < 256; e += 16) {
        float dl = d * data.get(BYTE, b + 192 + e / 16);
        int half = e / 128;
        int r = e % 128 / 32;
        long low = b + 64L * half + 32L * (r % 2) + e % 32;
        long high = b + 128 + 32L * half + e % 32;
        int nibble = 4 * (r / 2);
        int o = to + 256 * block + e;
        for (int l = 0; l < 16; l++) {
          int q =
              data.get(BYTE, low + l) >> nibble & 15 | (data.get(BYTE, high + l) >> 2 * r & 3) << 4;
          target[o + l] = dl * (q - 32);
        }
      }
    }
  }
}
