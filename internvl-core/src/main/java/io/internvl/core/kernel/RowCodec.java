package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.SHORT;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decodes rows of weight matrices: the values of {@link BlockCodecs}, bit for bit, in vectors. A
 * call allocates nothing.
 */
final class RowCodec {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

  /** Whether eight bytes at once are faster than sixteen. */
  private static final boolean OCTETS = LANES == 8;

  /**
   * A decoder for each type. A call through a table is not inlined once there are some: two
   * decoders in one method are more than C2 inlines (docs/kernels.md).
   */
  private static final Map<TensorType, Decoder> DECODERS = new EnumMap<>(TensorType.class);

  static {
    for (TensorType type : TensorType.values()) {
      DECODERS.put(type, decoder(type));
    }
  }

  private RowCodec() {}

  /** Decodes a number of elements, whole blocks. */
  @FunctionalInterface
  private interface Decoder {
    void decode(MemorySegment data, long offset, int count, float[] y, int o);
  }

  /**
   * Decodes part of a row.
   *
   * @param weight the matrix
   * @param row index of the row
   * @param col first column, a multiple of the type's block size
   * @param count number of columns, a multiple of the type's block size
   * @param y receives the values
   * @param o index of the first value
   */
  static void decode(WeightMatrix weight, int row, int col, int count, float[] y, int o) {
    long offset = row * weight.rowBytes() + weight.type().byteSize(col);
    decode(weight.type(), weight.data(), offset, count, y, o);
  }

  /**
   * Decodes weights.
   *
   * @param type their type
   * @param data encoded weights
   * @param offset where the first block starts
   * @param count number of weights, whole blocks
   * @param y receives the values
   * @param o index of the first value
   */
  static void decode(
      TensorType type, MemorySegment data, long offset, int count, float[] y, int o) {
    Objects.requireNonNull(DECODERS.get(type)).decode(data, offset, count, y, o);
  }

  private static Decoder decoder(TensorType type) {
    return switch (type) {
      case F32 ->
          (data, offset, count, y, o) -> MemorySegment.copy(data, FLOAT, offset, y, o, count);
      case F16 -> RowCodec::halves;
      case BF16 -> RowCodec::brainFloats;
      case Q8_0 -> octets(type, OctetRows::q8v0, SmallBlockRows::q8v0);
      case Q4_0 -> octets(type, OctetRows::q4v0, SmallBlockRows::q4v0);
      case Q4_1 -> SmallBlockRows::q4v1;
      case Q5_0 -> octets(type, OctetRows::q5v0, SmallBlockRows::q5v0);
      case Q5_1 -> SmallBlockRows::q5v1;
      case Q2_K -> KQuantRows::q2k;
      case Q3_K -> KQuantRows::q3k;
      case Q4_K -> octets(type, OctetRows::q4k, KQuantRows::q4k);
      case Q5_K -> KQuantRows::q5k;
      case Q6_K -> KQuantRows::q6k;
      case IQ1_S -> Iq1Rows::iq1S;
      case IQ1_M -> Iq1Rows::iq1M;
      case IQ2_XXS -> Iq2Rows::iq2Xxs;
      case IQ2_XS -> Iq2Rows::iq2Xs;
      case IQ2_S -> Iq2Rows::iq2S;
      case IQ3_XXS -> Iq3Rows::iq3Xxs;
      case IQ3_S -> Iq3Rows::iq3S;
      case IQ4_NL -> LookupRows::iq4Nl;
      case IQ4_XS -> LookupRows::iq4Xs;
      case MXFP4 -> LookupRows::mxfp4;
      case NVFP4 -> LookupRows::nvfp4;
      case TQ1_0 -> TernaryRows::tq1v0;
      case TQ2_0 -> TernaryRows::tq2v0;
      case Q1_0 -> TernaryRows::q1v0;
      case Q2_0 -> TernaryRows::q2v0;
      default ->
          (data, offset, count, y, o) -> BlockCodecs.of(type).decode(data, offset, y, o, count);
    };
  }

  /** With vectors of 256 bits, the first decoder but for the end of a matrix. */
  private static Decoder octets(TensorType type, Decoder octets, Decoder plain) {
    if (!OCTETS) {
      return plain;
    }
    return (data, offset, count, y, o) -> {
      long end = offset + type.byteSize(count) + OctetRows.BEYOND;
      (end <= data.byteSize() ? octets : plain).decode(data, offset, count, y, o);
    };
  }

  /** A plain loop: the compiler has an instruction for it. */
  static void halves(MemorySegment data, long offset, int count, float[] y, int o) {
    for (int i = 0; i < count; i++) {
      y[o + i] = Float.float16ToFloat(data.get(SHORT, offset + 2L * i));
    }
  }

  private static void brainFloats(MemorySegment data, long offset, int count, float[] y, int o) {
    int bound = FLOATS.loopBound(count);
    for (int i = 0; i < bound; i += LANES) {
      ShortVector.fromMemorySegment(SHORTS, data, offset + 2L * i, ORDER)
          .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0)
          .reinterpretAsInts()
          .lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(y, o + i);
    }
    for (int i = bound; i < count; i++) {
      y[o + i] = Float.intBitsToFloat(data.get(SHORT, offset + 2L * i) << 16);
    }
  }
}
