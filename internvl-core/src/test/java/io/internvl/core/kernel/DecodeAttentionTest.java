package io.internvl.core.kernel;

import static io.internvl.core.kernel.KernelPair.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Few queries against contexts of several chunks. */
@Tag("kernel")
class DecodeAttentionTest {
  private static final double TOLERANCE = 4e-6;
  private static final int POSITIONS = 1000; // in chunks of 256: three whole ones and a part

  private static KvLayer cache(KernelPair kernels, AttentionShape shape, KvLayer.Format format) {
    int cols = shape.kvHeads() * shape.headDim();
    KvLayer cache = new KvLayer(kernels.arena, shape.kvHeads(), shape.headDim(), POSITIONS, format);
    Tensor k = kernels.random(POSITIONS, cols);
    Tensor v = kernels.random(POSITIONS, cols);
    kernels.scalar.store(k, v, POSITIONS, cache, 0);
    return cache;
  }

  private static AttentionShape shape(int heads, int kvHeads, int headDim, int window) {
    float scale = (float) (1 / Math.sqrt(headDim));
    return new AttentionShape(heads, kvHeads, headDim, scale, window, null);
  }

  private static void compare(
      KernelPair kernels, AttentionShape shape, int tokens, int first, KvLayer.Format format) {
    assertThat(DecodeAttention.supports(tokens, shape)).isTrue();
    KvLayer cache = cache(kernels, shape, format);
    int cols = shape.heads() * shape.headDim();
    Tensor q = kernels.random(tokens, cols);
    Tensor expected = kernels.random(tokens, cols);
    Tensor actual = kernels.random(tokens, cols);
    kernels.scalar.attention(kernels.scalarWorkspace, q, tokens, cache, first, shape, expected);
    kernels.vector.attention(kernels.vectorWorkspace, q, tokens, cache, first, shape, actual);
    assertClose(actual, expected, tokens, TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({"16", "32", "48", "64", "80", "96", "112", "128", "192", "240", "256"})
  void attendsWithAnyHeadSizeToAnyNumberOfChunks(int headDim) {
    try (KernelPair kernels = new KernelPair(2, headDim)) {
      for (int first : new int[] {0, 254, 255, 256, 511, 700, 996}) {
        compare(kernels, shape(3, 1, headDim, 0), 2, first, KvLayer.Format.F16);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(KvLayer.Format.class)
  void attendsWithUpToEightTokens(KvLayer.Format format) {
    try (KernelPair kernels = new KernelPair(3, 1)) {
      for (int tokens = 1; tokens <= 8; tokens++) {
        compare(kernels, shape(14, 2, 64, 0), tokens, 508, format);
        compare(kernels, shape(5, 5, 64, 0), tokens, 700, format);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 31, 33, 255, 256, 257, 600, 5000})
  void forgetsPositionsOutsideTheWindow(int window) {
    try (KernelPair kernels = new KernelPair(2, window)) {
      for (int first : new int[] {0, 250, 512, 900}) {
        compare(kernels, shape(4, 2, 32, window), 1, first, KvLayer.Format.F16);
        compare(kernels, shape(4, 2, 32, window), 8, first, KvLayer.Format.F16);
      }
    }
  }

  @Test
  void givesSinksTheirShareOnce() {
    try (KernelPair kernels = new KernelPair(2, 2)) {
      Tensor sinks = kernels.random(1, 8);
      sinks.set(0, 3, 30);
      sinks.set(0, 4, -30);
      for (int window : new int[] {0, 300}) {
        AttentionShape shape = new AttentionShape(8, 2, 64, 0.125f, window, sinks);
        compare(kernels, shape, 1, 900, KvLayer.Format.F16);
        compare(kernels, shape, 5, 900, KvLayer.Format.F32);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 400})
  void givesATokenTheSameBitsAloneAndAmongOthers(int window) {
    AttentionShape shape = shape(6, 2, 64, window);
    int first = 509;
    try (KernelPair kernels = new KernelPair(2, 3)) {
      KvLayer cache = cache(kernels, shape, KvLayer.Format.F16);
      Tensor q = kernels.random(8, 6 * 64);
      Tensor together = kernels.random(8, 6 * 64);
      kernels.vector.attention(kernels.vectorWorkspace, q, 8, cache, first, shape, together);
      for (int token = 0; token < 8; token++) {
        Tensor alone = kernels.random(1, 6 * 64);
        Tensor one = kernels.random(1, 6 * 64);
        float[] row = new float[6 * 64];
        q.copyRowTo(token, row, 0);
        one.setRow(0, row, 0);
        kernels.vector.attention(
            kernels.vectorWorkspace, one, 1, cache, first + token, shape, alone);
        float[] expected = new float[6 * 64];
        float[] actual = new float[6 * 64];
        together.copyRowTo(token, expected, 0);
        alone.copyRowTo(0, actual, 0);
        assertThat(actual).as("token %d", token).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"9, 2, 64", "1, 1, 24", "1, 1, 272", "8, 64, 64"})
  void leavesOtherShapesToTheKernelOfManyQueries(int tokens, int ratio, int headDim) {
    assertThat(DecodeAttention.supports(tokens, shape(ratio, 1, headDim, 0))).isFalse();
  }
}
