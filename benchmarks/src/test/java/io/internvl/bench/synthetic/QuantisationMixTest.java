package io.internvl.bench.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.decoder.Decoder;
import io.internvl.core.decoder.DecoderState;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Precision;
import io.internvl.core.quant.BlockCodecs;
import io.internvl.core.quant.BlockEncoders;
import io.internvl.core.quant.MatrixRole;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Models in every mix of types that InternVL3-14B is offered in, and in every type that none of
 * them has, against the float32 forward pass of their decoded weights.
 *
 * <p>Weights are trained ones where there is an encoder, otherwise random codes with scales that
 * give the trained deviation. Rows of 256 and 512 columns have all types; rows of 224 columns
 * exercise the fallbacks of narrow models.
 */
class QuantisationMixTest {
  private static final List<String> FILES =
      List.of(
          "BF16",
          "Q2_K",
          "Q2_K_L",
          "Q3_K_S",
          "Q3_K_M",
          "Q4_1",
          "Q4_K_S",
          "Q4_K_M",
          "Q5_K_S",
          "Q5_K_M",
          "Q6_K",
          "IQ4_NL",
          "IQ4_XS",
          "UD-IQ1_S",
          "UD-IQ1_M",
          "UD-IQ2_XXS",
          "UD-IQ2_M",
          "UD-IQ3_XXS",
          "UD-Q2_K_XL",
          "UD-Q3_K_XL",
          "UD-Q4_K_XL",
          "UD-Q5_K_XL",
          "UD-Q6_K_XL",
          "UD-Q8_K_XL");
  private static final List<TensorType> DYNAMIC_TYPES =
      List.of(
          TensorType.IQ1_S,
          TensorType.IQ1_M,
          TensorType.IQ2_XXS,
          TensorType.IQ2_XS,
          TensorType.IQ2_S,
          TensorType.IQ3_XXS,
          TensorType.IQ3_S,
          TensorType.IQ4_NL,
          TensorType.IQ4_XS,
          TensorType.Q2_K,
          TensorType.Q3_K,
          TensorType.Q4_K,
          TensorType.Q5_K,
          TensorType.Q6_K,
          TensorType.Q8_0,
          TensorType.Q4_0,
          TensorType.Q4_1,
          TensorType.Q5_0,
          TensorType.Q5_1,
          TensorType.F16,
          TensorType.BF16);
  private static final int WIDE = 256;
  private static final int NARROW = 224;
  private static final int PROMPT = 16;
  private static final int DECODED = 2;

  /** Largest difference of a logit with float32 activations, as a share of the logits' spread. */
  private static final double EXACT_BUDGET = 1e-4;

  @TempDir static Path directory;
  private static final Map<Integer, TinyWeights> WEIGHTS = new HashMap<>();
  private static final Map<String, MemorySegment> ENCODED = new HashMap<>();
  private static final Map<TensorType, BlockPool> POOLS = new EnumMap<>(TensorType.class);
  private static final int SEED = 7;
  private static final SplittableRandom RANDOM = new SplittableRandom(SEED);
  private static float deviation;
  private static Kernels exact;
  private static Kernels fast;

  /**
   * The same with {@link Precision#FAST}, which may round activations, for a model that has
   * matrices of the type.
   */
  private static double fastBudget(TensorType type) {
    boolean wide = fast.description().contains("512-bit");
    return switch (type) {
      case Q4_K -> wide ? 3e-2 : 2e-2; // activations of 10 bits; 1.6e-2 measured (wide)
      case Q2_K, Q3_K -> wide ? EXACT_BUDGET : 5e-3; // of 11 bits or more
      case Q5_K, Q6_K -> wide ? EXACT_BUDGET : 2e-2; // of 9 bits or more
      case Q4_0, Q4_1, Q5_0, Q5_1 -> wide ? EXACT_BUDGET : 2.5e-2;
      default -> EXACT_BUDGET;
    };
  }

  /** Dynamic mixes of the larger types fall back like their nearest regular mix. */
  static Stream<String> filesWithOtherFallbacks() {
    return FILES.stream().filter(name -> !name.endsWith("_XL"));
  }

  static Stream<String> mixes() {
    Set<TensorType> covered = EnumSet.noneOf(TensorType.class);
    FILES.forEach(name -> covered.addAll(typesOf(TypeMix.of(name))));
    Stream<String> others =
        Arrays.stream(TensorType.values())
            .filter(type -> BlockCodecs.supports(type) && !covered.contains(type))
            .map(type -> "pure-" + type);
    return Stream.concat(FILES.stream(), others);
  }

  private static Set<TensorType> typesOf(TypeMix mix) {
    Set<TensorType> types = EnumSet.noneOf(TensorType.class);
    for (MatrixRole role : MatrixRole.values()) {
      for (int layer = 0; layer < TinyWeights.LAYERS; layer++) {
        types.add(mix.typeOf(role, layer, TinyWeights.LAYERS, WIDE));
      }
    }
    return types;
  }

  @BeforeAll
  static void load() throws IOException, URISyntaxException {
    URL tiny = QuantisationMixTest.class.getResource("/tiny/internvl-tiny-F32-00001-of-00002.gguf");
    assertThat(tiny).isNotNull();
    try (GgufFile file = GgufFile.open(Path.of(tiny.toURI()))) {
      WEIGHTS.put(WIDE, new TinyWeights(file, WIDE));
      WEIGHTS.put(NARROW, new TinyWeights(file, NARROW));
    }
    deviation = WEIGHTS.get(WIDE).deviation();
    exact = KernelProvider.create(new KernelOptions(2, Precision.EXACT));
    fast = KernelProvider.create(new KernelOptions(2, Precision.FAST));
  }

  @AfterAll
  static void close() {
    exact.close();
    fast.close();
    WEIGHTS.clear();
    ENCODED.clear();
    POOLS.clear();
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void logitsAreThoseOfTheDecodedWeights(String mix) throws IOException {
    check(mix, WIDE);
  }

  @ParameterizedTest
  @MethodSource("filesWithOtherFallbacks")
  void logitsOfNarrowModelsAreThoseOfTheDecodedWeights(String mix) throws IOException {
    check(mix, NARROW);
  }

  private static void check(String mixName, int hidden) throws IOException {
    TypeMix mix = TypeMix.of(mixName);
    TinyWeights weights = WEIGHTS.get(hidden);
    GgufWriter mixed = weights.writer();
    GgufWriter decoded = weights.writer();
    Set<TensorType> types = EnumSet.noneOf(TensorType.class);
    weights
        .tensors()
        .forEach((name, tensor) -> {
          TensorType type =
              MatrixRole.of(name)
                  .map(role -> typeOf(mixName, mix, role, MatrixRole.layerOf(name), tensor.cols()))
                  .orElse(TensorType.F32);
          MemorySegment data = encoded(tensor, hidden, type);
          types.add(type);
          mixed.tensor(name, type, tensor.shape(), data);
          decoded.tensor(name, TensorType.F32, tensor.shape(), floats(data, type, tensor));
        });
    Path mixedPath = directory.resolve("mixed.gguf");
    Path decodedPath = directory.resolve("decoded.gguf");
    mixed.writeTo(mixedPath);
    decoded.writeTo(decodedPath);
    float[][] golden = logits(decodedPath, exact);
    assertClose(logits(mixedPath, exact), golden, EXACT_BUDGET);
    double budget = types.stream().mapToDouble(QuantisationMixTest::fastBudget).max().orElseThrow();
    assertClose(logits(mixedPath, fast), golden, budget);
  }

  /** A dynamic mix, whose types were chosen tensor by tensor, has any type in any place. */
  private static TensorType typeOf(
      String mixName, TypeMix mix, MatrixRole role, int layer, int cols) {
    TypeMix chosen =
        mixName.startsWith("UD-") && RANDOM.nextInt(3) == 0
            ? TypeMix.of("pure-" + DYNAMIC_TYPES.get(RANDOM.nextInt(DYNAMIC_TYPES.size())))
            : mix;
    return chosen.typeOf(role, layer, TinyWeights.LAYERS, cols);
  }

  /** Every trained tensor is encoded once to each type. */
  private static MemorySegment encoded(TinyWeights.Floats tensor, int hidden, TensorType type) {
    return ENCODED.computeIfAbsent(
        tensor.origin() + " " + hidden + " " + type,
        key -> {
          int elements = tensor.values().length;
          MemorySegment data = MemorySegment.ofArray(new byte[(int) type.byteSize(elements)]);
          if (!BlockEncoders.supports(type)) {
            return randomBlocks(type, type.byteSize(elements));
          }
          BlockEncoders.of(type).encode(tensor.values(), 0, elements, data, 0);
          return data;
        });
  }

  private static MemorySegment randomBlocks(TensorType type, long size) {
    BlockPool pool = POOLS.computeIfAbsent(type, key -> BlockPool.create(key, deviation, SEED));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      pool.writeTo(Channels.newChannel(bytes), pool.randomBlock(RANDOM), size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return MemorySegment.ofArray(bytes.toByteArray());
  }

  private static MemorySegment floats(
      MemorySegment data, TensorType type, TinyWeights.Floats tensor) {
    float[] values = new float[tensor.values().length];
    BlockCodecs.of(type).decode(data, 0, values, 0, values.length);
    return MemorySegment.ofArray(values);
  }

  /** Logits of all positions: a prompt in one pass, then tokens one by one. */
  private static float[][] logits(Path path, Kernels kernels) throws IOException {
    float[][] rows = new float[PROMPT + DECODED][TinyWeights.VOCABULARY];
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofShared()) {
      Decoder decoder = Decoder.load(file, arena, kernels);
      try (DecoderState state = decoder.newState(64, PROMPT, PROMPT, KvLayer.Format.F32)) {
        for (int t = 0; t < PROMPT; t++) {
          decoder.embed(state, token(t), t);
        }
        decoder.forward(state, PROMPT, PROMPT);
        for (int t = 0; t < PROMPT; t++) {
          state.logits().copyRowTo(t, rows[t], 0);
        }
        for (int t = PROMPT; t < rows.length; t++) {
          decoder.embed(state, token(t), 0);
          decoder.forward(state, 1, 1);
          state.logits().copyRowTo(0, rows[t], 0);
        }
      }
    }
    return rows;
  }

  private static int token(int position) {
    return (17 + 89 * position) % TinyWeights.VOCABULARY;
  }

  private static void assertClose(float[][] logits, float[][] golden, double budget) {
    for (int t = 0; t < golden.length; t++) {
      float min = Float.POSITIVE_INFINITY;
      float max = Float.NEGATIVE_INFINITY;
      float largest = 0;
      for (int v = 0; v < golden[t].length; v++) {
        min = Math.min(min, golden[t][v]);
        max = Math.max(max, golden[t][v]);
        largest = Math.max(largest, Math.abs(logits[t][v] - golden[t][v]));
      }
      assertThat(largest / (max - min)).as("position %d", t).isLessThan((float) budget);
    }
  }
}
