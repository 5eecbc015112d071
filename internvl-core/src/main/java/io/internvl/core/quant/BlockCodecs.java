package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.util.EnumMap;
import java.util.Map;

/** The decoder of each tensor type. */
public final class BlockCodecs {
  private static final Map<TensorType, BlockCodec> CODECS = new EnumMap<>(TensorType.class);

  static {
    CODECS.put(TensorType.F32, new F32());
    CODECS.put(TensorType.F16, new F16());
    CODECS.put(TensorType.BF16, new BF16());
    CODECS.put(TensorType.Q4_0, new Q4_0());
    CODECS.put(TensorType.Q4_1, new Q4_1());
    CODECS.put(TensorType.Q5_0, new Q5_0());
    CODECS.put(TensorType.Q5_1, new Q5_1());
    CODECS.put(TensorType.Q8_0, new Q8_0());
    CODECS.put(TensorType.Q2_K, new Q2_K());
    CODECS.put(TensorType.Q3_K, new Q3_K());
    CODECS.put(TensorType.Q4_K, new Q4_K());
    CODECS.put(TensorType.Q5_K, new Q5_K());
    CODECS.put(TensorType.Q6_K, new Q6_K());
    CODECS.put(TensorType.IQ1_S, new IQ1_S());
    CODECS.put(TensorType.IQ1_M, new IQ1_M());
    CODECS.put(TensorType.IQ2_XXS, new IQ2_XXS());
    CODECS.put(TensorType.IQ2_XS, new IQ2_XS());
    CODECS.put(TensorType.IQ2_S, new IQ2_S());
    CODECS.put(TensorType.IQ3_XXS, new IQ3_XXS());
    CODECS.put(TensorType.IQ3_S, new IQ3_S());
    CODECS.put(TensorType.IQ4_NL, new IQ4_NL());
    CODECS.put(TensorType.IQ4_XS, new IQ4_XS());
    CODECS.put(TensorType.TQ1_0, new TQ1_0());
    CODECS.put(TensorType.TQ2_0, new TQ2_0());
    CODECS.put(TensorType.MXFP4, new MXFP4());
    CODECS.put(TensorType.NVFP4, new NVFP4());
    CODECS.put(TensorType.Q1_0, new Q1_0());
    CODECS.put(TensorType.Q2_0, new Q2_0());
  }

  private BlockCodecs() {}

  /**
   * Says whether a type can hold weights.
   *
   * @param type tensor type
   * @return false for integers, float64 and run-time formats
   */
  public static boolean supports(TensorType type) {
    return CODECS.containsKey(type);
  }

  /**
   * Returns the decoder of a type.
   *
   * @param type tensor type
   * @return its decoder
   * @throws IllegalArgumentException when tensors of this type do not hold weights
   */
  public static BlockCodec of(TensorType type) {
    BlockCodec codec = CODECS.get(type);
    if (codec == null) {
      throw new IllegalArgumentException(
          "tensor type "
              + type
              + " cannot be decoded to float32; decodable are "
              + CODECS.keySet());
    }
    return codec;
  }
}
