package io.internvl.core.quant;

import io.internvl.gguf.TensorType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** The encoder of each tensor type that has one. */
public final class BlockEncoders {
  private static final Map<TensorType, BlockEncoder> ENCODERS = new EnumMap<>(TensorType.class);

  static {
    for (TensorType type : TensorType.values()) {
      if (BlockCodecs.supports(type) && BlockCodecs.of(type) instanceof BlockEncoder encoder) {
        ENCODERS.put(type, encoder);
      }
    }
  }

  private BlockEncoders() {}

  /**
   * Returns the types that can be made.
   *
   * @return immutable set
   */
  public static Set<TensorType> types() {
    return Set.copyOf(ENCODERS.keySet());
  }

  /**
   * Says whether a type can be made.
   *
   * @param type tensor type
   * @return true when {@link #of} has an encoder
   */
  public static boolean supports(TensorType type) {
    return ENCODERS.containsKey(type);
  }

  /**
   * Returns the encoder of a type.
   *
   * @param type tensor type
   * @return its encoder
   * @throws IllegalArgumentException when there is none
   */
  public static BlockEncoder of(TensorType type) {
    BlockEncoder encoder = ENCODERS.get(type);
    if (encoder == null) {
      throw new IllegalArgumentException(
          "float32 cannot be encoded to tensor type "
              + type
              + "; possible are "
              + ENCODERS.keySet());
    }
    return encoder;
  }
}
