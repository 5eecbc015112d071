package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Decodes rows of weight matrices. */
final class RowCodec {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private RowCodec() {}

  static void decode(WeightMatrix weight, int row, float[] target) {
    MemorySegment data = weight.data();
    long offset = row * weight.rowBytes();
    for (int i = 0; i < weight.cols(); i++) {
      target[i] =
          switch (weight.type()) {
            case F32 -> data.get(FLOAT, offset + 4L * i);
            case F16 -> Float.float16ToFloat(data.get(SHORT, offset + 2L * i));
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, offset + 2L * i) << 16);
            default ->
                throw new IllegalArgumentException(
                    weight.name() + ": no decoder for " + weight.type());
          };
    }
  }
}
