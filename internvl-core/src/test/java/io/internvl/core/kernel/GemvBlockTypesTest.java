package io.internvl.core.kernel;

import static io.internvl.core.kernel.KernelPair.assertClose;

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
          TensorType.MXFP4);

  private static final int[] ROWS = {1, 15, 16, 17, 63, 64, 65, 130, 500};

  /** Columns of whole groups of blocks, and others that take the common path. */
  private static final int[] COLS = {32, 64, 96, 128, 256, 288, 896};

  static Stream<Arguments> shapes() {
    return TYPES.stream()
        .flatMap(type ->
            Stream.concat(
                IntStream.of(ROWS).mapToObj(rows -> Arguments.of(type, rows, 256)),
                Arrays.stream(COLS).mapToObj(cols -> Arguments.of(type, 37, cols))));
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
      }
    }
    return weight;
  }
}
