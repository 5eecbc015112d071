package io.internvl.core.kernel;

import io.internvl.core.quant.BlockCodecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Decodes rows of weight matrices. */
final class RowCodec {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private RowCodec() {}

  static void decode(WeightMatrix weight, int row, int col, int count, float[] target, int to) {
    MemorySegment data = weight.data();
    long offset = row * weight.rowBytes() + weight.type().byteSize(col);
    switch (weight.type()) {
      case F32 -> floats(data, offset, count, target, to);
      case F16 -> halves(data, offset, count, target, to);
      case BF16 -> brainFloats(data, offset, count, target, to);
      case Q8_0 -> QuantisedRows.q8v0(data, offset, count, target, to);
      case Q4_0 -> QuantisedRows.q4v0(data, offset, count, target, to);
      case Q5_0 -> QuantisedRows.q5v0(data, offset, count, target, to);
      case Q4_K -> QuantisedRows.q4k(data, offset, count, target, to);
      case Q6_K -> QuantisedRows.q6k(data, offset, count, target, to);
      default -> BlockCodecs.of(weight.type()).decode(data, offset, target, to, count);
    }
  }

  private static void floats(MemorySegment data, long offset, int count, float[] target, int to) {
    for (int i = 0; i < count; i++) {
      target[to + i] = data.get(FLOAT, offset + 4L * i);
    }
  }

  static void halves(MemorySegment data, long offset, int count, float[] target, int to) {
    for (int i = 0; i < count; i++) {
      target[to + i] = Float.float16ToFloat(data.get(SHORT, offset + 2L * i));
    }
  }

  private static void brainFloats(
      MemorySegment data, long offset, int count, float[] target, int to) {
    for (int i = 0; i < count; i++) {
      target[to + i] = Float.intBitsToFloat(data.get(SHORT, offset + 2L * i) << 16);
    }
  }
}
