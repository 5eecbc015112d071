package io.internvl.core.kernel;

import static io.internvl.core.kernel.KernelPair.assertClose;
import static io.internvl.core.kernel.KernelPair.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.TensorType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("kernel")
class RowKernelsTest {
  private static final double TOLERANCE = 2e-6;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 64, 127, 896})
  void normalisesByRootMeanSquare(int n) {
    try (KernelPair kernels = new KernelPair(2, n)) {
      for (int tokens : new int[] {1, 50}) {
        Tensor x = kernels.random(tokens, n);
        Tensor weight = kernels.random(1, n);
        Tensor expected = kernels.random(tokens, n);
        Tensor actual = kernels.random(tokens, n);
        kernels.scalar.rmsNorm(x, tokens, weight, 1e-6f, expected);
        kernels.vector.rmsNorm(x, tokens, weight, 1e-6f, actual);
        assertClose(actual, expected, tokens, TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 64, 127, 1024})
  void normalisesLayers(int n) {
    try (KernelPair kernels = new KernelPair(2, n)) {
      for (int tokens : new int[] {1, 50}) {
        Tensor x = kernels.random(tokens, n);
        Tensor weight = kernels.random(1, n);
        Tensor bias = kernels.random(1, n);
        Tensor expected = kernels.random(tokens, n);
        Tensor actual = kernels.random(tokens, n);
        kernels.scalar.layerNorm(x, tokens, weight, bias, 1e-6f, expected);
        kernels.vector.layerNorm(x, tokens, weight, bias, 1e-6f, actual);
        assertClose(actual, expected, tokens, 2e-5); // of one element: x - mean is all rounding
      }
    }
  }

  @Test
  void normalisesInPlace() {
    try (KernelPair kernels = new KernelPair(1, 3)) {
      Tensor x = kernels.random(5, 70);
      Tensor weight = kernels.random(1, 70);
      Tensor expected = kernels.random(5, 70);
      kernels.scalar.rmsNorm(x, 5, weight, 1e-6f, expected);
      kernels.vector.rmsNorm(x, 5, weight, 1e-6f, x);
      assertClose(x, expected, 5, TOLERANCE);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 16", "3, 64", "5, 24", "2, 7"})
  void normalisesHeads(int heads, int headDim) {
    try (KernelPair kernels = new KernelPair(2, 4)) {
      for (int tokens : new int[] {1, 40}) {
        Tensor expected = kernels.random(tokens, heads * headDim);
        Tensor actual = kernels.copy(expected);
        Tensor weight = kernels.random(1, headDim);
        kernels.scalar.rmsNormHeads(expected, tokens, heads, weight, 1e-6f);
        kernels.vector.rmsNormHeads(actual, tokens, heads, weight, 1e-6f);
        assertClose(actual, expected, tokens, TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "64, 32, false",
    "64, 32, true",
    "24, 12, false",
    "24, 12, true",
    "64, 16, false",
    "64, 16, true",
    "34, 17, false",
    "2, 1, true"
  })
  void rotatesPairs(int headDim, int pairs, boolean interleaved) {
    try (KernelPair kernels = new KernelPair(2, 5)) {
      for (int tokens : new int[] {1, 37}) {
        Tensor expected = kernels.random(tokens, 3 * headDim);
        Tensor actual = kernels.copy(expected);
        Tensor cos = kernels.random(tokens, pairs);
        Tensor sin = kernels.random(tokens, pairs);
        kernels.scalar.rotate(expected, tokens, 3, headDim, cos, sin, interleaved);
        kernels.vector.rotate(actual, tokens, 3, headDim, cos, sin, interleaved);
        assertClose(actual, expected, tokens, TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(KvLayer.Format.class)
  void storesKeysAndValues(KvLayer.Format format) {
    try (KernelPair kernels = new KernelPair(2, 6)) {
      for (int headDim : new int[] {7, 16, 64}) {
        Tensor k = kernels.random(40, 2 * headDim);
        Tensor v = kernels.random(40, 2 * headDim);
        KvLayer expected = new KvLayer(kernels.arena, 2, headDim, 64, format);
        KvLayer actual = new KvLayer(kernels.arena, 2, headDim, 64, format);
        kernels.scalar.store(k, v, 40, expected, 11);
        kernels.vector.store(k, v, 40, actual, 11);
        assertThat(actual.keys().mismatch(expected.keys())).isEqualTo(-1);
        assertThat(actual.values().mismatch(expected.values())).isEqualTo(-1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"F32", "F16", "BF16"})
  void decodesRows(TensorType type) {
    try (KernelPair kernels = new KernelPair(1, 7)) {
      WeightMatrix weight = kernels.weight(type, 5, 70);
      Tensor expected = kernels.random(3, 70);
      Tensor actual = kernels.copy(expected);
      kernels.scalar.decodeRow(kernels.scalarWorkspace, weight, 4, expected, 1);
      kernels.vector.decodeRow(kernels.vectorWorkspace, weight, 4, actual, 1);
      assertSame(actual, expected, 3);
    }
  }

  @Test
  void decodesRowsWiderThanATile() {
    try (KernelPair kernels = new KernelPair(1, 8)) {
      WeightMatrix weight = kernels.quantized(TensorType.Q8_0, 3, 2336);
      Tensor expected = kernels.random(2, 2336);
      Tensor actual = kernels.copy(expected);
      kernels.scalar.decodeRow(kernels.scalarWorkspace, weight, 2, expected, 1);
      kernels.vector.decodeRow(kernels.vectorWorkspace, weight, 2, actual, 1);
      assertSame(actual, expected, 2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 100})
  void addsScaledRows(int n) {
    try (KernelPair kernels = new KernelPair(1, n)) {
      Tensor x = kernels.random(3, n);
      Tensor expected = kernels.random(2, n);
      Tensor actual = kernels.copy(expected);
      kernels.scalar.addScaledRow(x, 2, 0.3f, expected, 1);
      kernels.vector.addScaledRow(x, 2, 0.3f, actual, 1);
      assertClose(actual, expected, 2, TOLERANCE);
    }
  }
}
