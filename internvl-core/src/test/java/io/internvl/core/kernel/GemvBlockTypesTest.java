package io.internvl.core.kernel;

import static io.internvl.core.kernel.KernelPair.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("kernel")
class GemvBlockTypesTest {
  private static final List<TensorType> TYPES =
      List.of(
          TensorType.Q8_0,
          TensorType.Q4_0,
          TensorType.Q4_1,
          TensorType.Q5_0,
          TensorType.Q5_1,
          TensorType.IQ4_NL,
          TensorType.MXFP4,
          TensorType.Q2_K,
          TensorType.Q3_K,
          TensorType.Q4_K,
          TensorType.Q5_K,
          TensorType.Q6_K,
          TensorType.IQ4_XS,
          TensorType.IQ3_XXS,
          TensorType.IQ3_S,
          TensorType.IQ2_XXS,
          TensorType.IQ2_XS,
          TensorType.IQ2_S,
          TensorType.IQ1_S,
          TensorType.IQ1_M);

  private static final int[] ROWS = {1, 15, 16, 17, 63, 64, 65, 130, 500};

  /** Columns of whole groups of blocks, and others that take the common path. */
  private static final int[] COLS = {32, 64, 96, 128, 256, 288, 896, 1024, 2304};

  static Stream<Arguments> shapes() {
    return TYPES.stream()
        .flatMap(type ->
            Stream.concat(
                IntStream.of(ROWS).mapToObj(rows -> Arguments.of(type, rows, 256)),
                Arrays.stream(COLS)
                    .filter(cols -> cols % type.blockSize() == 0)
                    .mapToObj(cols -> Arguments.of(type, 37, cols))));
  }

  static List<TensorType> types() {
    return TYPES;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void multipliesOneTokenLikeTheDefinition(TensorType type, int rows, int cols) {
    try (KernelPair kernels = new KernelPair(2, 11)) {
      Tensor x = kernels.random(1, cols);
      Linear linear = new Linear(weights(kernels, type, rows, cols), kernels.random(1, rows));
      Tensor expected = kernels.random(1, rows);
      Tensor actual = kernels.copy(expected);
      kernels.scalar.linear(kernels.scalarWorkspace, x, 1, linear, Epilogue.ADD, null, expected);
      kernels.vector.linear(kernels.vectorWorkspace, x, 1, linear, Epilogue.ADD, null, actual);
      assertClose(actual, expected, 1, 2e-6 * cols);
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void multipliesAFewTokensLikeTheDefinition(TensorType type) {
    try (KernelPair kernels = new KernelPair(2, 12)) {
      for (int tokens = 2; tokens <= 8; tokens++) {
        Tensor x = kernels.random(tokens, 768);
        Linear linear = new Linear(weights(kernels, type, 70, 768), kernels.random(1, 70));
        Tensor expected = kernels.random(tokens, 70);
        Tensor actual = kernels.copy(expected);
        kernels.scalar.linear(
            kernels.scalarWorkspace, x, tokens, linear, Epilogue.ADD, null, expected);
        kernels.vector.linear(
            kernels.vectorWorkspace, x, tokens, linear, Epilogue.ADD, null, actual);
        assertClose(actual, expected, tokens, 2e-6 * 768);
      }
    }
  }

  /** Both come from the kernel of one token. */
  @ParameterizedTest
  @MethodSource("types")
  void givesEachOfTwoTokensTheBitsItHasAlone(TensorType type) {
    try (KernelPair kernels = new KernelPair(2, 13)) {
      Linear gate = new Linear(weights(kernels, type, 70, 512), kernels.random(1, 70));
      Linear up = new Linear(weights(kernels, type, 70, 512), null);
      Tensor x = kernels.random(2, 512);
      Tensor both = gated(kernels, x, 2, gate, up);
      for (int token = 0; token < 2; token++) {
        float[] row = new float[512];
        x.copyRowTo(token, row, 0);
        Tensor alone = gated(kernels, Tensor.ofRow(kernels.arena, row), 1, gate, up);
        for (int col = 0; col < 70; col++) {
          assertThat(both.get(token, col)).isEqualTo(alone.get(0, col));
        }
      }
    }
  }

  private static Tensor gated(KernelPair kernels, Tensor x, int tokens, Linear gate, Linear up) {
    Tensor y = kernels.random(tokens, gate.weight().rows());
    GateActivation activation = GateActivation.SILU;
    kernels.vector.gatedLinear(kernels.vectorWorkspace, x, tokens, gate, up, activation, y);
    return y;
  }

  /** Random codes; scales, minima and exponents that give values around 1. */
  private static WeightMatrix weights(KernelPair kernels, TensorType type, int rows, int cols) {
    WeightMatrix weight = kernels.quantized(type, rows, cols);
    MemorySegment data = weight.data();
    for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
      if (type == TensorType.MXFP4) {
        data.set(ValueLayout.JAVA_BYTE, at, (byte) (122 + at / type.blockBytes() % 4));
      } else if (type == TensorType.Q4_1 || type == TensorType.Q5_1) {
        float minimum = -0.02f * (1 + at / type.blockBytes() % 5);
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2, Float.floatToFloat16(minimum));
      } else {
        float scale = 0.001f * (1 + at / type.blockBytes() % 7);
        switch (type) {
          case Q2_K -> halves(data, at + 80, scale, scale);
          case Q3_K -> halves(data, at + 106, scale, scale); // d is the second one
          case Q4_K, Q5_K -> halves(data, at, scale, -2 * scale);
          case IQ1_M -> nibbles(data, at + 48, Float.floatToFloat16(scale));
          case Q6_K -> halves(data, at + 206, scale, -scale);
          default -> {}
        }
      }
    }
    return weight;
  }

  /** Spreads a half over the upper nibbles of four words. */
  private static void nibbles(MemorySegment data, long at, short half) {
    for (int word = 0; word < 4; word++) {
      long upper = at + 2 * word + 1;
      int lower = data.get(ValueLayout.JAVA_BYTE, upper) & 0x0F;
      int nibble = half >>> 4 * word & 0x0F;
      data.set(ValueLayout.JAVA_BYTE, upper, (byte) (lower | nibble << 4));
    }
  }

  private static void halves(MemorySegment data, long at, float first, float second) {
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(first));
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2, Float.floatToFloat16(second));
  }
}
