package io.internvl.core.kernel;

import static io.internvl.core.kernel.KernelPair.assertClose;
import static io.internvl.core.kernel.KernelPair.assertSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.internvl.gguf.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("kernel")
class LinearKernelsTest {
  private static final int[] TOKENS = {1, 2, 3, 7, 15, 16, 17, 31, 33, 47, 48, 49, 65, 97, 151};

  /** Rounding of a chain of n products, whose partial sums grow with the square root of n. */
  private static double tolerance(int cols) {
    return 6e-8 * cols + 1e-6;
  }

  static List<Arguments> shapes() {
    List<Arguments> shapes = new ArrayList<>();
    for (int tokens : TOKENS) {
      shapes.add(Arguments.of(tokens, 37, 67));
    }
    for (int rows : new int[] {1, 7, 8, 9, 16, 17, 127, 128, 129, 500}) {
      shapes.add(Arguments.of(19, rows, 40));
    }
    for (int cols :
        new int[] {1, 2, 3, 5, 15, 16, 17, 255, 256, 257, 897, 1023, 1024, 1025, 2100}) {
      shapes.add(Arguments.of(50, 23, cols));
    }
    shapes.add(Arguments.of(1100, 33, 8));
    return shapes;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void multipliesLikeTheDefinition(int tokens, int rows, int cols) {
    try (KernelPair kernels = new KernelPair(2, 1)) {
      Tensor x = kernels.random(tokens + 1, cols);
      Linear linear = kernels.linear(TensorType.F32, rows, cols, true);
      compare(kernels, x, tokens, linear, Epilogue.STORE, null);
    }
  }

  @ParameterizedTest
  @EnumSource(Epilogue.class)
  void appliesEachEpilogue(Epilogue epilogue) {
    try (KernelPair kernels = new KernelPair(2, 2)) {
      for (int tokens : new int[] {1, 5, 20, 101}) {
        Tensor x = kernels.random(tokens, 53);
        Linear linear = kernels.linear(TensorType.F32, 71, 53, true);
        Tensor scale = epilogue == Epilogue.ADD_SCALED ? kernels.random(1, 71) : null;
        compare(kernels, x, tokens, linear, epilogue, scale);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"F32", "F16", "BF16"})
  void multipliesFloatingPointTypes(TensorType type) {
    try (KernelPair kernels = new KernelPair(2, 3)) {
      for (int tokens : new int[] {1, 11, 64}) {
        Tensor x = kernels.random(tokens, 300);
        compare(kernels, x, tokens, kernels.linear(type, 41, 300, false), Epilogue.STORE, null);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"Q4_0", "Q5_0", "Q8_0", "IQ4_NL"})
  void multipliesQuantizedTypes(TensorType type) {
    try (KernelPair kernels = new KernelPair(2, 3)) {
      for (int tokens : new int[] {9, 64}) {
        Tensor x = kernels.random(tokens, 288);
        Linear linear = new Linear(kernels.quantized(type, 41, 288), null);
        compare(kernels, x, tokens, linear, Epilogue.STORE, null);
      }
    }
  }

  private static void compare(
      KernelPair kernels, Tensor x, int tokens, Linear linear, Epilogue epilogue, Tensor scale) {
    Tensor expected = kernels.random(tokens, linear.weight().rows());
    Tensor actual = kernels.copy(expected);
    kernels.scalar.linear(kernels.scalarWorkspace, x, tokens, linear, epilogue, scale, expected);
    kernels.vector.linear(kernels.vectorWorkspace, x, tokens, linear, epilogue, scale, actual);
    assertClose(actual, expected, tokens, tolerance(linear.weight().cols()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 31, 100})
  void appliesSeveralMapsToOneInput(int tokens) {
    try (KernelPair kernels = new KernelPair(3, 4)) {
      Tensor x = kernels.random(tokens, 80);
      Linear[] linears = {
        kernels.linear(TensorType.F16, 80, 80, true),
        kernels.linear(TensorType.F32, 17, 80, false),
        kernels.linear(TensorType.BF16, 16, 80, true)
      };
      Tensor[] expected = new Tensor[linears.length];
      Tensor[] actual = new Tensor[linears.length];
      for (int i = 0; i < linears.length; i++) {
        expected[i] = kernels.random(tokens, linears[i].weight().rows());
        actual[i] = kernels.copy(expected[i]);
      }
      kernels.scalar.linears(kernels.scalarWorkspace, x, tokens, linears, expected);
      kernels.vector.linears(kernels.vectorWorkspace, x, tokens, linears, actual);
      for (int i = 0; i < linears.length; i++) {
        assertClose(actual[i], expected[i], tokens, tolerance(80));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GateActivation.class)
  void joinsGateAndUp(GateActivation activation) {
    try (KernelPair kernels = new KernelPair(2, 5)) {
      for (int tokens : new int[] {1, 6, 13, 49, 130}) {
        Tensor x = kernels.random(tokens, 64);
        Linear gate = kernels.linear(TensorType.F32, 211, 64, true);
        Linear up = kernels.linear(TensorType.F16, 211, 64, false);
        Tensor expected = kernels.random(tokens, 211);
        Tensor actual = kernels.copy(expected);
        kernels.scalar.gatedLinear(
            kernels.scalarWorkspace, x, tokens, gate, up, activation, expected);
        kernels.vector.gatedLinear(
            kernels.vectorWorkspace, x, tokens, gate, up, activation, actual);
        assertClose(actual, expected, tokens, 10 * tolerance(64));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GateActivation.class)
  void joinsGateAndUpInPlace(GateActivation activation) {
    try (KernelPair kernels = new KernelPair(2, 8)) {
      for (int tokens : new int[] {1, 50}) {
        Tensor gate = kernels.random(tokens, 77);
        Tensor expected = kernels.random(tokens, 77);
        Tensor actual = kernels.copy(expected);
        kernels.scalar.gate(gate, expected, tokens, activation, expected);
        kernels.vector.gate(gate, actual, tokens, activation, actual);
        assertClose(actual, expected, tokens, 1e-6);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 100})
  void givesTheSameBitsWithAnyNumberOfThreads(int tokens) {
    try (KernelPair one = new KernelPair(1, 6);
        KernelPair three = new KernelPair(3, 6)) {
      Linear linear = one.linear(TensorType.F16, 333, 600, true);
      Tensor x = one.random(tokens, 600);
      Tensor expected = one.random(tokens, 333);
      Tensor actual = one.copy(expected);
      one.vector.linear(one.vectorWorkspace, x, tokens, linear, Epilogue.GELU, null, expected);
      three.vector.linear(three.vectorWorkspace, x, tokens, linear, Epilogue.GELU, null, actual);
      assertSame(actual, expected, tokens);
    }
  }

  @Test
  void leavesOtherRowsAlone() {
    try (KernelPair kernels = new KernelPair(2, 7)) {
      Tensor x = kernels.random(40, 32);
      Linear linear = kernels.linear(TensorType.F32, 20, 32, false);
      Tensor before = kernels.random(40, 20);
      Tensor after = kernels.copy(before);
      kernels.vector.linear(kernels.vectorWorkspace, x, 33, linear, Epilogue.STORE, null, after);
      for (int row = 33; row < 40; row++) {
        for (int col = 0; col < 20; col++) {
          assertThat(after.get(row, col)).isEqualTo(before.get(row, col));
        }
      }
    }
  }

  @Test
  void rejectsShapesThatDoNotFit() {
    try (KernelPair kernels = new KernelPair(1, 8)) {
      Linear linear = kernels.linear(TensorType.F32, 20, 32, false);
      Tensor x = kernels.random(4, 31);
      Tensor y = kernels.random(4, 20);
      assertThatIllegalArgumentException()
          .isThrownBy(() ->
              kernels.vector.linear(kernels.vectorWorkspace, x, 4, linear, Epilogue.STORE, null, y))
          .withMessage("input of weight is (4, 31), expected at least 4 rows of 32 columns");
    }
  }

  @Test
  void rejectsAClosedWorkspace() {
    try (KernelPair kernels = new KernelPair(1, 9)) {
      Linear linear = kernels.linear(TensorType.F32, 20, 32, false);
      Tensor x = kernels.random(4, 32);
      Tensor y = kernels.random(4, 20);
      kernels.vectorWorkspace.close();
      assertThatIllegalStateException()
          .isThrownBy(() ->
              kernels.vector.linear(kernels.vectorWorkspace, x, 4, linear, Epilogue.STORE, null, y))
          .withMessage("the workspace is closed");
    }
  }
}
