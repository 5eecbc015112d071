package io.internvl.core.kernel;

import static io.internvl.core.kernel.KernelPair.assertClose;
import static io.internvl.core.kernel.KernelPair.assertSame;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("kernel")
class AttentionKernelsTest {
  private static final double TOLERANCE = 4e-6;

  /** A cache with random contents at all positions, so that reading too far shows. */
  private static KvLayer cache(
      KernelPair kernels, AttentionShape shape, int positions, KvLayer.Format format) {
    int cols = shape.kvHeads() * shape.headDim();
    KvLayer cache =
        new KvLayer(kernels.arena, shape.kvHeads(), shape.headDim(), positions + 5, format);
    Tensor k = kernels.random(positions + 5, cols);
    Tensor v = kernels.random(positions + 5, cols);
    kernels.scalar.store(k, v, positions + 5, cache, 0);
    return cache;
  }

  private static AttentionShape shape(int heads, int kvHeads, int headDim, int window) {
    float scale = (float) (1 / Math.sqrt(headDim));
    return new AttentionShape(heads, kvHeads, headDim, scale, window, null);
  }

  private static void compareCausal(
      KernelPair kernels, AttentionShape shape, int tokens, int first, KvLayer.Format format) {
    KvLayer cache = cache(kernels, shape, first + tokens, format);
    int cols = shape.heads() * shape.headDim();
    Tensor q = kernels.random(tokens, cols);
    Tensor expected = kernels.random(tokens, cols);
    Tensor actual = kernels.random(tokens, cols);
    kernels.scalar.attention(kernels.scalarWorkspace, q, tokens, cache, first, shape, expected);
    kernels.vector.attention(kernels.vectorWorkspace, q, tokens, cache, first, shape, actual);
    assertClose(actual, expected, tokens, TOLERANCE);
  }

  static List<Arguments> lengths() {
    List<Arguments> lengths = new ArrayList<>();
    for (int tokens : new int[] {1, 2, 7, 8, 9, 15, 16, 17, 33, 47, 48, 49, 97, 150}) {
      for (int first : new int[] {0, 1, 127, 300}) {
        lengths.add(Arguments.of(tokens, first));
      }
    }
    return lengths;
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void attendsToEarlierPositions(int tokens, int first) {
    try (KernelPair kernels = new KernelPair(2, tokens + first)) {
      compareCausal(kernels, shape(2, 1, 16, 0), tokens, first, KvLayer.Format.F16);
    }
  }

  @ParameterizedTest
  @EnumSource(KvLayer.Format.class)
  void sharesKeysAmongQueryHeads(KvLayer.Format format) {
    try (KernelPair kernels = new KernelPair(2, 1)) {
      for (int ratio : new int[] {1, 2, 5, 7}) {
        AttentionShape shape = shape(2 * ratio, 2, 64, 0);
        compareCausal(kernels, shape, 1, 200, format);
        compareCausal(kernels, shape, 4, 3, format);
        compareCausal(kernels, shape, 60, 130, format);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"8", "12", "16", "24", "32", "48", "64", "80", "96", "128", "192", "256", "272"})
  void attendsWithAnyHeadSize(int headDim) {
    try (KernelPair kernels = new KernelPair(2, headDim)) {
      compareCausal(kernels, shape(3, 3, headDim, 0), 1, 40, KvLayer.Format.F16);
      compareCausal(kernels, shape(3, 3, headDim, 0), 20, 150, KvLayer.Format.F32);
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "16", "100", "128", "200", "1000"})
  void forgetsPositionsOutsideTheWindow(int window) {
    try (KernelPair kernels = new KernelPair(2, window)) {
      compareCausal(kernels, shape(2, 1, 32, window), 1, 400, KvLayer.Format.F16);
      compareCausal(kernels, shape(2, 1, 32, window), 6, 120, KvLayer.Format.F32);
      compareCausal(kernels, shape(2, 1, 32, window), 300, 100, KvLayer.Format.F32);
    }
  }

  @Test
  void givesSinksTheirShare() {
    try (KernelPair kernels = new KernelPair(2, 2)) {
      for (int window : new int[] {0, 50}) {
        AttentionShape shape = new AttentionShape(4, 2, 64, 0.125f, window, kernels.random(1, 4));
        compareCausal(kernels, shape, 1, 300, KvLayer.Format.F16);
        compareCausal(kernels, shape, 70, 300, KvLayer.Format.F16);
      }
    }
  }

  @Test
  void staysExactWithLargeScores() {
    try (KernelPair kernels = new KernelPair(2, 3)) {
      AttentionShape shape = new AttentionShape(2, 1, 32, 20f, 0, null);
      KvLayer cache = cache(kernels, shape, 260, KvLayer.Format.F32);
      for (int tokens : new int[] {1, 60}) {
        Tensor q = kernels.random(tokens, 64);
        Tensor expected = kernels.random(tokens, 64);
        Tensor actual = kernels.random(tokens, 64);
        kernels.scalar.attention(kernels.scalarWorkspace, q, tokens, cache, 200, shape, expected);
        kernels.vector.attention(kernels.vectorWorkspace, q, tokens, cache, 200, shape, actual);
        assertClose(actual, expected, tokens, 3e-4); // rounding of scores around 300
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 16",
    "1, 17, 64",
    "2, 48, 64",
    "3, 50, 24",
    "1, 129, 32",
    "2, 300, 64",
    "1, 140, 128",
    "2, 20, 272"
  })
  void attendsInsideGroups(int groups, int tokens, int headDim) {
    try (KernelPair kernels = new KernelPair(2, tokens)) {
      AttentionShape shape = shape(3, 3, headDim, 0);
      int rows = groups * tokens;
      Tensor q = kernels.random(rows, 3 * headDim);
      Tensor k = kernels.random(rows, 3 * headDim);
      Tensor v = kernels.random(rows, 3 * headDim);
      Tensor expected = kernels.random(rows, 3 * headDim);
      Tensor actual = kernels.random(rows, 3 * headDim);
      kernels.scalar.fullAttention(
          kernels.scalarWorkspace, q, k, v, groups, tokens, shape, expected);
      kernels.vector.fullAttention(kernels.vectorWorkspace, q, k, v, groups, tokens, shape, actual);
      assertClose(actual, expected, rows, TOLERANCE);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 2000", "5, 700", "100, 150", "333, 0"})
  void givesTheSameBitsWithAnyNumberOfThreads(int tokens, int first) {
    AttentionShape shape = shape(6, 2, 64, 0);
    try (KernelPair one = new KernelPair(1, 4);
        KernelPair three = new KernelPair(3, 4)) {
      KvLayer cache = cache(one, shape, first + tokens, KvLayer.Format.F16);
      Tensor q = one.random(tokens, 6 * 64);
      Tensor expected = one.random(tokens, 6 * 64);
      Tensor actual = one.random(tokens, 6 * 64);
      one.vector.attention(one.vectorWorkspace, q, tokens, cache, first, shape, expected);
      three.vector.attention(three.vectorWorkspace, q, tokens, cache, first, shape, actual);
      assertSame(actual, expected, tokens);
    }
  }

  @Test
  void rejectsPositionsBeyondTheCache() {
    try (KernelPair kernels = new KernelPair(1, 5)) {
      AttentionShape shape = shape(2, 1, 16, 0);
      KvLayer cache = cache(kernels, shape, 20, KvLayer.Format.F16);
      Tensor q = kernels.random(3, 32);
      Tensor y = kernels.random(3, 32);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> kernels.vector.attention(kernels.vectorWorkspace, q, 3, cache, 23, shape, y))
          .withMessage("positions 23 .. 25 in a cache of 25");
    }
  }
}
