package io.internvl.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Encoders against the best that each format allows, and against ggml's reference quantisers. */
class BlockEncodersTest {
  private static final int SEED = 42;
  private static final int ELEMENTS = 20 * 256;
  private static final int SEARCHED_ELEMENTS = 6 * 256;

  private enum Rows {
    GAUSSIAN,
    /** Student's t with three degrees of freedom: rare values many deviations from zero. */
    HEAVY_TAILED;

    float[] draw() {
      Random random = new Random(SEED);
      float[] values = new float[ELEMENTS];
      for (int i = 0; i < values.length; i++) {
        double value = random.nextGaussian();
        if (this == HEAVY_TAILED) {
          double squares = 0;
          for (int k = 0; k < 3; k++) {
            double z = random.nextGaussian();
            squares += z * z;
          }
          value /= Math.sqrt(squares / 3);
        }
        values[i] = (float) (0.02 * value);
      }
      return values;
    }
  }

  /**
   * How many times the squared error of the optimum is allowed. The optimum is that of each
   * sub-block alone with real numbers for scale and minimum; a K type cannot reach it, because its
   * scales are 6-bit or 8-bit integers.
   */
  private static double budget(TensorType type) {
    return switch (type) {
      case Q4_0, Q5_0 -> 1.005;
      case Q4_1 -> 1.06;
      case Q4_K -> 1.08;
      case Q5_1, Q6_K -> 1.12;
      case Q5_K -> 1.16;
      case Q8_0 -> 1.25;
      default -> throw new AssertionError(type);
    };
  }

  static Set<TensorType> types() {
    return BlockEncoders.types();
  }

  static List<TensorType> quantisedTypes() {
    return BlockEncoders.types().stream().filter(type -> type.blockSize() > 1).sorted().toList();
  }

  @ParameterizedTest
  @MethodSource("quantisedTypes")
  void gaussianRowsComeCloseToTheOptimum(TensorType type) {
    assertCloseToTheOptimum(type, Rows.GAUSSIAN);
  }

  @ParameterizedTest
  @MethodSource("quantisedTypes")
  void heavyTailedRowsComeCloseToTheOptimum(TensorType type) {
    assertCloseToTheOptimum(type, Rows.HEAVY_TAILED);
  }

  private static void assertCloseToTheOptimum(TensorType type, Rows rows) {
    float[] x = Arrays.copyOf(rows.draw(), SEARCHED_ELEMENTS);
    double error = squaredError(x, roundTrip(type, x));
    assertThat(error).isLessThan(budget(type) * OptimalBlocks.squaredError(type, x));
  }

  /**
   * Root of the squared error relative to the values', reached by quantize_row_TYPE_ref of ggml.
   */
  @ParameterizedTest
  @CsvSource({
    "Q8_0, 0.005330, 0.008144",
    "Q4_0, 0.085014, 0.127460",
    "Q5_0, 0.042298, 0.061991",
    "Q4_1, 0.077860, 0.099804",
    "Q5_1, 0.037582, 0.047791",
    "Q4_K, 0.070544, 0.092352",
    "Q5_K, 0.035944, 0.046666",
    "Q6_K, 0.017721, 0.025467"
  })
  void errorsAreSmallerThanGgmls(TensorType type, double gaussian, double heavyTailed) {
    assertThat(relativeError(type, Rows.GAUSSIAN.draw())).isLessThan(gaussian);
    assertThat(relativeError(type, Rows.HEAVY_TAILED.draw())).isLessThan(heavyTailed);
  }

  private static double relativeError(TensorType type, float[] x) {
    return Math.sqrt(squaredError(x, roundTrip(type, x)) / squaredError(x, new float[x.length]));
  }

  @ParameterizedTest
  @MethodSource("quantisedTypes")
  void importantElementsGetSmallerErrors(TensorType type) {
    float[] x = Rows.GAUSSIAN.draw();
    float[] importance = new float[x.length];
    for (int i = 0; i < importance.length; i++) {
      importance[i] = i % 4 == 0 ? 1000 : 10;
    }
    MemorySegment blocks = blocks(type, x.length);
    BlockEncoders.of(type).encode(x, 0, importance, x.length, blocks, 0);
    assertThat(weightedError(x, decode(type, blocks, x.length), importance))
        .isLessThan(0.97 * weightedError(x, roundTrip(type, x), importance));
  }

  @ParameterizedTest
  @MethodSource("types")
  void decodedBlocksAreEncodedWithNextToNoError(TensorType type) {
    float[] once = roundTrip(type, Rows.GAUSSIAN.draw());
    float[] twice = roundTrip(type, once);
    double relative = squaredError(once, twice) / squaredError(once, new float[once.length]);
    assertThat(Math.sqrt(relative)).isLessThan(0.01);
  }

  @ParameterizedTest
  @MethodSource("types")
  void zerosStayZeros(TensorType type) {
    float[] zeros = new float[512];
    MemorySegment blocks = blocks(type, zeros.length);
    blocks.fill((byte) 0x55);
    BlockEncoders.of(type).encode(zeros, 0, zeros.length, blocks, 0);
    assertThat(decode(type, blocks, zeros.length)).isEqualTo(zeros);
  }

  @ParameterizedTest
  @MethodSource("types")
  void constantsStayConstant(TensorType type) {
    for (float constant : new float[] {1, -1, 0.0371f, -1234.5f, 3e-3f}) {
      float[] x = new float[256];
      Arrays.fill(x, constant);
      for (float value : roundTrip(type, x)) {
        assertThat(Math.abs(value / constant - 1)).isLessThan(0.01f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void oneLargeElementIsKept(TensorType type) {
    for (float large : new float[] {1000, -1000}) {
      float[] x = Arrays.copyOf(Rows.GAUSSIAN.draw(), 256);
      x[77] = large;
      assertThat(Math.abs(roundTrip(type, x)[77] / large - 1)).isLessThan(0.005f);
    }
  }

  @ParameterizedTest
  @MethodSource("quantisedTypes")
  void tinyValuesLoseAtMostWhatHalfPrecisionScalesCannotHold(TensorType type) {
    for (float unit : new float[] {1e-4f, 1e-6f, 1e-8f, 1e-12f, Float.MIN_VALUE}) {
      float[] x = Arrays.copyOf(Rows.GAUSSIAN.draw(), 256);
      for (int i = 0; i < x.length; i++) {
        x[i] *= unit;
      }
      float[] y = roundTrip(type, x);
      double step = 1.2 * largest(x) / (type == TensorType.Q4_0 ? 6 : 7);
      for (int i = 0; i < x.length; i++) {
        assertThat(Math.abs(y[i] - x[i])).isLessThanOrEqualTo((float) step + Halves.MIN);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("quantisedTypes")
  void valuesUpToTheLimitOfTheFormatStayFinite(TensorType type) {
    float[] x = Arrays.copyOf(Rows.GAUSSIAN.draw(), 256);
    float factor = 0.999f * Halves.MAX / largest(x);
    for (int i = 0; i < x.length; i++) {
      x[i] *= factor;
    }
    float[] y = roundTrip(type, x);
    assertThat(Math.sqrt(squaredError(x, y) / squaredError(x, new float[256]))).isLessThan(0.1);
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatIsNotFiniteIsRefused(TensorType type) {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      float[] x = new float[512];
      x[300] = bad;
      assertThatThrownBy(
              () -> BlockEncoders.of(type).encode(x, 0, x.length, blocks(type, x.length), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("element 300 is " + bad + ", " + type + " holds finite values");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"F32", "BF16"},
      mode = EnumSource.Mode.EXCLUDE)
  void valuesBeyondTheLimitAreRefused(TensorType type) {
    if (BlockEncoders.supports(type)) {
      float[] x = new float[256];
      x[255] = -1e30f;
      assertThatThrownBy(
              () -> BlockEncoders.of(type).encode(x, 0, x.length, blocks(type, x.length), 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("element 255 is -1.0E30");
    }
  }

  @Test
  void plainTypesRoundToTheNearest() {
    float[] x = {1.00390625f, 1.01171875f, -3.14159274f, 65504f};
    assertThat(roundTrip(TensorType.BF16, x)).containsExactly(1f, 1.015625f, -3.140625f, 65536f);
    assertThat(roundTrip(TensorType.F16, x))
        .containsExactly(1.00390625f, 1.01171875f, -3.140625f, 65504f);
    assertThat(roundTrip(TensorType.F32, x)).isEqualTo(x);
  }

  @Test
  void elementsAreTakenFromAndPutToTheirOffsets() {
    float[] x = Rows.GAUSSIAN.draw();
    TensorType type = TensorType.Q6_K;
    MemorySegment all = blocks(type, x.length);
    BlockEncoders.of(type).encode(x, 0, x.length, all, 0);
    MemorySegment part = blocks(type, 3 * 256);
    BlockEncoders.of(type).encode(x, 512, 256, part, 2L * type.blockBytes());
    assertThat(part.asSlice(2L * type.blockBytes()).mismatch(all.asSlice(2L * 210, 210)))
        .isEqualTo(-1);
    assertThat(
            part.asSlice(0, 2L * type.blockBytes())
                .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
        .containsOnly(0);
  }

  @Test
  void brokenBlocksAreRefused() {
    assertThatThrownBy(() ->
            BlockEncoders.of(TensorType.Q4_K)
                .encode(new float[255], 0, 255, blocks(TensorType.Q4_K, 256), 0))
        .hasMessage("255 elements of Q4_K, expected a multiple of 256");
  }

  @Test
  void negativeImportanceIsRefused() {
    float[] importance = new float[32];
    importance[5] = -1;
    assertThatThrownBy(() ->
            BlockEncoders.of(TensorType.Q8_0)
                .encode(new float[32], 0, importance, 32, blocks(TensorType.Q8_0, 32), 0))
        .hasMessage("importance 5 is -1.0, expected 0 or more");
  }

  @Test
  void typesWithoutEncoderAreNamed() {
    assertThat(BlockEncoders.supports(TensorType.IQ2_XS)).isFalse();
    assertThatThrownBy(() -> BlockEncoders.of(TensorType.IQ2_XS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("IQ2_XS")
        .hasMessageContaining("Q4_K");
  }

  private static float[] roundTrip(TensorType type, float[] x) {
    MemorySegment blocks = blocks(type, x.length);
    BlockEncoders.of(type).encode(x, 0, x.length, blocks, 0);
    return decode(type, blocks, x.length);
  }

  private static MemorySegment blocks(TensorType type, int elements) {
    return MemorySegment.ofArray(new byte[(int) type.byteSize(elements)]);
  }

  private static float[] decode(TensorType type, MemorySegment blocks, int elements) {
    float[] values = new float[elements];
    BlockCodecs.of(type).decode(blocks, 0, values, 0, elements);
    return values;
  }

  private static double squaredError(float[] x, float[] y) {
    float[] ones = new float[x.length];
    Arrays.fill(ones, 1);
    return weightedError(x, y, ones);
  }

  private static double weightedError(float[] x, float[] y, float[] weight) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      double rest = (double) x[i] - y[i];
      sum += weight[i] * rest * rest;
    }
    return sum;
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
