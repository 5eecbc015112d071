package io.internvl.core.quant;

import static io.internvl.core.quant.LayerRule.always;
import static io.internvl.core.quant.LayerRule.first;
import static io.internvl.core.quant.LayerRule.firstPart;
import static io.internvl.core.quant.LayerRule.moreBits;
import static io.internvl.gguf.TensorType.BF16;
import static io.internvl.gguf.TensorType.F16;
import static io.internvl.gguf.TensorType.F32;
import static io.internvl.gguf.TensorType.IQ1_M;
import static io.internvl.gguf.TensorType.IQ1_S;
import static io.internvl.gguf.TensorType.IQ2_S;
import static io.internvl.gguf.TensorType.IQ2_XS;
import static io.internvl.gguf.TensorType.IQ2_XXS;
import static io.internvl.gguf.TensorType.IQ3_S;
import static io.internvl.gguf.TensorType.IQ3_XXS;
import static io.internvl.gguf.TensorType.IQ4_NL;
import static io.internvl.gguf.TensorType.IQ4_XS;
import static io.internvl.gguf.TensorType.Q2_K;
import static io.internvl.gguf.TensorType.Q3_K;
import static io.internvl.gguf.TensorType.Q4_0;
import static io.internvl.gguf.TensorType.Q4_1;
import static io.internvl.gguf.TensorType.Q4_K;
import static io.internvl.gguf.TensorType.Q5_0;
import static io.internvl.gguf.TensorType.Q5_1;
import static io.internvl.gguf.TensorType.Q5_K;
import static io.internvl.gguf.TensorType.Q6_K;
import static io.internvl.gguf.TensorType.Q8_0;
import static io.internvl.gguf.TensorType.TQ1_0;
import static io.internvl.gguf.TensorType.TQ2_0;

import io.internvl.gguf.TensorType;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A named mix of tensor types, as quantisation tools write it for a dense model with grouped-query
 * attention (four or more query heads a key/value head) and an importance matrix.
 *
 * <p>Mixes of the {@code UD-} family choose types tensor by tensor and differ between models; such
 * a name stands for the nearest regular mix. {@code pure-TYPE} gives every matrix the same type.
 * Immutable.
 */
public final class TypeMix {
  private static final int LARGE_MODEL_LAYERS = 80;
  private static final int FULL_COLS = 256; // of the largest block

  private static final Map<String, TypeMix> TABLE = table();

  private final String name;
  private final int fileType;
  private final TensorType base;
  private final Map<MatrixRole, LayerRule> rules = new EnumMap<>(MatrixRole.class);

  private TypeMix(String name, int fileType, TensorType base) {
    this.name = name;
    this.fileType = fileType;
    this.base = base;
  }

  /**
   * Finds a mix.
   *
   * @param name such as {@code Q4_K_M}, {@code UD-IQ2_XXS} or {@code pure-IQ3_S}, in any case
   * @return the mix
   * @throws IllegalArgumentException when the name is unknown
   */
  public static TypeMix of(String name) {
    String key = name.toUpperCase(Locale.ROOT);
    if (key.startsWith("PURE-")) {
      return new TypeMix(name, 0, TensorType.valueOf(key.substring("PURE-".length())));
    }
    String regular = key.startsWith("UD-") ? key.substring("UD-".length()) : key;
    if (regular.endsWith("_K_XL")) {
      String bits = regular.substring(0, 2);
      regular =
          switch (bits) {
            case "Q2" -> "Q2_K_L";
            case "Q6" -> "Q6_K";
            case "Q8" -> "Q8_0";
            default -> bits + "_K_M";
          };
    }
    TypeMix mix = TABLE.get(regular);
    if (mix == null) {
      throw new IllegalArgumentException(
          "type '" + name + "' is not pure-<tensor type> and not one of " + names());
    }
    return mix;
  }

  /**
   * Makes a mix of one type, except that the output matrix, which needs more precision than others,
   * gets at least {@link TensorType#Q6_K}.
   *
   * @param type type of the matrices
   * @return the mix, named like the type
   */
  public static TypeMix uniform(TensorType type) {
    TypeMix mix = new TypeMix(type.name(), 0, type);
    return bits(type) < bits(Q6_K) ? mix.output(Q6_K) : mix;
  }

  private static double bits(TensorType type) {
    return 8.0 * type.blockBytes() / type.blockSize();
  }

  /**
   * Returns the names of the regular mixes.
   *
   * @return names
   */
  public static List<String> names() {
    return List.copyOf(TABLE.keySet());
  }

  /**
   * Returns the name of this mix.
   *
   * @return such as {@code Q4_K_M}
   */
  public String name() {
    return name;
  }

  /**
   * Returns the value of {@code general.file_type}.
   *
   * @return ggml's number of the mix
   */
  public int fileType() {
    return fileType;
  }

  /**
   * Chooses the type of a matrix.
   *
   * @param role what the matrix does
   * @param layer index of its layer, ignored outside the layers
   * @param layers number of layers of the model
   * @param cols length of its rows
   * @return the type, replaced by a wider one when rows are not whole blocks
   */
  public TensorType typeOf(MatrixRole role, int layer, int layers, long cols) {
    LayerRule rule = rules.get(role);
    TensorType type = rule == null ? base : rule.typeOf(layer, layers);
    if (role == MatrixRole.ATTN_V
        && layers == LARGE_MODEL_LAYERS
        && !rules.isEmpty()
        && (type == Q3_K || type == Q4_K)) {
      type = Q5_K;
    }
    return fitting(type, cols);
  }

  /**
   * Chooses the type of a matrix that has none of the roles, such as a vision tower's.
   *
   * @param cols length of its rows
   * @return the mix's main type, replaced by a wider one when rows are not whole blocks
   */
  public TensorType typeOf(long cols) {
    return fitting(base, cols);
  }

  /**
   * Says whether every type that the mix can choose has an encoder.
   *
   * @return true when models can be written with this mix
   */
  public boolean encodable() {
    return IntStream.rangeClosed(0, LARGE_MODEL_LAYERS)
        .allMatch(layer ->
            Arrays.stream(MatrixRole.values())
                .map(role -> typeOf(role, layer, LARGE_MODEL_LAYERS + 1, FULL_COLS))
                .allMatch(BlockEncoders::supports));
  }

  private static TensorType fitting(TensorType type, long cols) {
    return cols % type.blockSize() == 0 ? type : fallback(type, cols);
  }

  private static TensorType fallback(TensorType type, long cols) {
    TensorType narrow =
        switch (type) {
          case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> IQ4_NL;
          case Q2_K, Q3_K, TQ1_0, TQ2_0, Q2_0, Q1_0, NVFP4 -> Q4_0;
          case Q4_K -> Q5_0;
          case Q5_K -> Q5_1;
          case Q6_K -> Q8_0;
          default -> F16;
        };
    return cols % narrow.blockSize() == 0 ? narrow : F16;
  }

  private static Map<String, TypeMix> table() {
    List<TypeMix> mixes =
        List.of(
            new TypeMix("F32", 0, F32),
            new TypeMix("F16", 1, F16),
            new TypeMix("BF16", 32, BF16),
            new TypeMix("Q8_0", 7, Q8_0),
            new TypeMix("Q4_0", 2, Q4_0).output(Q6_K).down(firstPart(8, Q4_1, Q4_0)),
            new TypeMix("Q4_1", 3, Q4_1).output(Q6_K),
            new TypeMix("Q5_0", 8, Q5_0).output(Q6_K).down(firstPart(8, Q5_1, Q5_0)),
            new TypeMix("Q5_1", 9, Q5_1).output(Q6_K),
            new TypeMix("Q2_K", 10, Q2_K)
                .output(Q6_K)
                .value(always(Q4_K))
                .attentionOutput(Q3_K)
                .down(always(Q3_K)),
            new TypeMix("Q2_K_L", 10, Q2_K)
                .embedding(Q8_0)
                .output(Q8_0)
                .value(always(Q4_K))
                .attentionOutput(Q3_K)
                .down(always(Q3_K)),
            new TypeMix("Q3_K_S", 11, Q3_K).output(Q6_K),
            new TypeMix("Q3_K_M", 12, Q3_K)
                .output(Q6_K)
                .queryKeyValue(Q4_K)
                .value(first(2, Q5_K, Q4_K))
                .attentionOutput(Q4_K)
                .down(firstPart(16, Q5_K, Q4_K)),
            new TypeMix("Q3_K_L", 13, Q3_K)
                .output(Q6_K)
                .value(always(Q5_K))
                .attentionOutput(Q5_K)
                .down(always(Q5_K)),
            new TypeMix("Q4_K_S", 14, Q4_K)
                .output(Q6_K)
                .value(first(4, Q5_K, Q4_K))
                .down(firstPart(8, Q5_K, Q4_K)),
            new TypeMix("Q4_K_M", 15, Q4_K)
                .output(Q6_K)
                .queryKeyValue(Q5_K)
                .value(moreBits(Q6_K, Q4_K))
                .down(moreBits(Q6_K, Q4_K)),
            new TypeMix("Q5_K_S", 16, Q5_K).output(Q6_K),
            new TypeMix("Q5_K_M", 17, Q5_K)
                .output(Q6_K)
                .queryKeyValue(Q6_K)
                .value(moreBits(Q6_K, Q5_K))
                .down(moreBits(Q6_K, Q5_K)),
            new TypeMix("Q6_K", 18, Q6_K),
            new TypeMix("IQ4_NL", 25, IQ4_NL).output(Q6_K).value(always(Q5_K)),
            new TypeMix("IQ4_XS", 30, IQ4_XS).output(Q6_K).value(always(Q5_K)),
            lowBit("IQ1_S", 24, IQ1_S).attentionOutput(IQ2_XXS),
            lowBit("IQ1_M", 31, IQ1_M).attentionOutput(IQ2_XXS),
            lowBit("IQ2_XXS", 19, IQ2_XXS),
            lowBit("IQ2_XS", 20, IQ2_XS),
            new TypeMix("IQ2_M", 29, IQ2_S)
                .embedding(IQ3_S)
                .output(Q5_K)
                .value(always(Q4_K))
                .attentionOutput(IQ3_S)
                .down(firstPart(8, IQ3_S, IQ2_S)),
            new TypeMix("IQ3_XXS", 23, IQ3_XXS)
                .embedding(IQ3_S)
                .output(Q5_K)
                .queryKey(IQ2_S)
                .value(always(Q4_K))
                .attentionOutput(IQ3_S),
            new TypeMix("IQ3_S", 26, IQ3_S).output(Q6_K).value(always(Q4_K)),
            new TypeMix("TQ1_0", 36, TQ1_0).embedding(Q4_K).output(Q6_K),
            new TypeMix("TQ2_0", 37, TQ2_0).embedding(Q4_K).output(Q6_K));
    Map<String, TypeMix> table = new LinkedHashMap<>();
    mixes.forEach(mix -> table.put(mix.name, mix));
    return Collections.unmodifiableMap(table);
  }

  private static TypeMix lowBit(String name, int fileType, TensorType base) {
    return new TypeMix(name, fileType, base)
        .embedding(Q2_K)
        .output(Q5_K)
        .value(always(Q4_K))
        .down(firstPart(8, Q2_K, base));
  }

  private TypeMix embedding(TensorType type) {
    return with(MatrixRole.TOKEN_EMBD, always(type));
  }

  private TypeMix output(TensorType type) {
    return with(MatrixRole.OUTPUT, always(type));
  }

  private TypeMix queryKey(TensorType type) {
    return with(MatrixRole.ATTN_Q, always(type)).with(MatrixRole.ATTN_K, always(type));
  }

  private TypeMix queryKeyValue(TensorType type) {
    return with(MatrixRole.ATTN_QKV, always(type));
  }

  private TypeMix value(LayerRule rule) {
    return with(MatrixRole.ATTN_V, rule);
  }

  private TypeMix attentionOutput(TensorType type) {
    return with(MatrixRole.ATTN_OUTPUT, always(type));
  }

  private TypeMix down(LayerRule rule) {
    return with(MatrixRole.FFN_DOWN, rule);
  }

  private TypeMix with(MatrixRole role, LayerRule rule) {
    rules.put(role, rule);
    return this;
  }
}
