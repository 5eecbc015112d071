package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("kernel")
class PackedRowsTest {
  /**
   * Relative to the largest weight of a block: an activation alone is rounded to 9 bits or more.
   */
  private static final double TOLERANCE = 8e-3;

  /** Every column finds its weight, whatever the row, whichever part of a stretch. */
  @ParameterizedTest
  @EnumSource(PackedFormat.class)
  void multipliesEveryColumnWithItsWeight(PackedFormat format) {
    TensorType type = TensorType.valueOf(format.name());
    int cols = type.blockSize() == 32 ? 1120 : 1280; // an odd number of blocks
    int rows = 13;
    try (KernelPair pair = new KernelPair(1, 4);
        Kernels fast = new VectorKernels(new KernelOptions(1, Precision.FAST));
        Workspace workspace = fast.newWorkspace()) {
      WeightMatrix weight = pair.packed(fast, weights(pair, type, rows, cols));
      assertPacked(weight);
      Linear linear = new Linear(weight, null);
      Tensor x = Tensor.allocate(pair.arena, 1, cols);
      Tensor y = pair.random(1, rows);
      float[][] expected = new float[rows][cols];
      for (int row = 0; row < rows; row++) {
        BlockCodecs.of(type).decode(weight.data(), row * weight.rowBytes(), expected[row], 0, cols);
      }
      for (int col = 0; col < cols; col++) {
        x.set(0, col, -1.5f);
        fast.linear(workspace, x, 1, linear, Epilogue.STORE, null, y);
        x.set(0, col, 0f);
        for (int row = 0; row < rows; row++) {
          double want = -1.5 * expected[row][col];
          double largest = largest(weight, row, col);
          assertThat((double) y.get(0, row)).isCloseTo(want, within(TOLERANCE * largest));
        }
      }
    }
  }

  /** The largest absolute weight of the block that a column is in. */
  private static double largest(WeightMatrix weight, int row, int col) {
    int size = weight.type().blockSize();
    float[] block = new float[size];
    long at = row * weight.rowBytes() + weight.type().byteSize(col / size * size);
    BlockCodecs.of(weight.type()).decode(weight.data(), at, block, 0, size);
    float largest = 0;
    for (float value : block) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @ParameterizedTest
  @CsvSource({"Q4_K,70,512", "Q5_0,64,96", "Q6_K,9,256", "Q4_1,1,32", "Q5_K,130,1280"})
  void givesTheSameBitsWithAnyNumberOfTokensAndThreads(TensorType type, int rows, int cols) {
    try (KernelPair pair = new KernelPair(1, 5);
        Kernels one = new VectorKernels(new KernelOptions(1, Precision.FAST));
        Kernels two = new VectorKernels(new KernelOptions(2, Precision.FAST));
        Workspace workspace = one.newWorkspace();
        Workspace workspaceOfTwo = two.newWorkspace()) {
      WeightMatrix weight = pair.packed(one, weights(pair, type, rows, cols));
      assertPacked(weight);
      Linear linear = new Linear(weight, pair.random(1, rows));
      Tensor x = pair.random(Gemv.MAX_TOKENS, cols);
      Tensor all = pair.random(Gemv.MAX_TOKENS, rows);
      two.linear(workspaceOfTwo, x, Gemv.MAX_TOKENS, linear, Epilogue.STORE, null, all);
      Tensor alone = pair.random(1, rows);
      for (int token = 0; token < Gemv.MAX_TOKENS; token++) {
        one.linear(workspace, x.row(token), 1, linear, Epilogue.STORE, null, alone);
        for (int row = 0; row < rows; row++) {
          assertThat(all.get(token, row)).isEqualTo(alone.get(0, row));
        }
      }
    }
  }

  /** Also when the matrix itself has gone. */
  @ParameterizedTest
  @EnumSource(PackedFormat.class)
  void multipliesManyTokensAsWithoutACopy(PackedFormat format) {
    TensorType type = TensorType.valueOf(format.name());
    int cols = type.blockSize() == 32 ? 1120 : 1280;
    int rows = 75;
    int tokens = Gemv.MAX_TOKENS + 3;
    try (KernelPair pair = new KernelPair(1, 9);
        Kernels fast = new VectorKernels(new KernelOptions(2, Precision.FAST));
        Workspace workspace = fast.newWorkspace()) {
      WeightMatrix weight = weights(pair, type, rows, cols);
      Tensor x = pair.random(tokens, cols);
      Tensor expected = pair.random(tokens, rows);
      fast.linear(workspace, x, tokens, new Linear(weight, null), Epilogue.STORE, null, expected);
      WeightMatrix packed = pair.packed(fast, weight);
      assertPacked(packed);
      weight.data().fill((byte) 0);
      Tensor y = pair.random(tokens, rows);
      fast.linear(workspace, x, tokens, new Linear(packed, null), Epilogue.STORE, null, y);
      for (int token = 0; token < tokens; token++) {
        for (int row = 0; row < rows; row++) {
          assertThat(y.get(token, row)).isEqualTo(expected.get(token, row));
        }
      }
    }
  }

  @Test
  void aPartHasTheRowsOfTheWhole() {
    try (KernelPair pair = new KernelPair(1, 6);
        Kernels fast = new VectorKernels(new KernelOptions(1, Precision.FAST));
        Workspace workspace = fast.newWorkspace()) {
      int group = PackedFormat.GROUP;
      int rowsOfAll = 5 * group + 4;
      WeightMatrix weight = pair.packed(fast, weights(pair, TensorType.Q4_K, rowsOfAll, 256));
      assertPacked(weight);
      Tensor x = pair.random(1, 256);
      Tensor whole = pair.random(1, rowsOfAll);
      fast.linear(workspace, x, 1, new Linear(weight, null), Epilogue.STORE, null, whole);
      int[][] parts = {{0, 2 * group}, {2 * group, group}, {3 * group, 2 * group + 4}};
      for (int[] part : parts) {
        WeightMatrix rows = weight.rows(part[0], part[1]);
        assertPacked(rows);
        Tensor y = pair.random(1, part[1]);
        fast.linear(workspace, x, 1, new Linear(rows, null), Epilogue.STORE, null, y);
        for (int row = 0; row < part[1]; row++) {
          assertThat(y.get(0, row)).isEqualTo(whole.get(0, part[0] + row));
        }
      }
      assertThat(weight.rows(4, group).packed()).isNull(); // not the begin of a group
      assertThat(weight.rows(group, 4).packed()).isNull(); // not the end of one
    }
  }

  @Test
  void aCopyWithoutMemoryIsNotRead() {
    try (KernelPair pair = new KernelPair(1, 8);
        Kernels fast = new VectorKernels(new KernelOptions(1, Precision.FAST));
        Workspace workspace = fast.newWorkspace()) {
      int group = PackedFormat.GROUP;
      WeightMatrix weight = fast.withPacked(weights(pair, TensorType.Q4_K, 2 * group, 256));
      assertPacked(weight);
      Linear linear = new Linear(weight.rows(group, group), null);
      Tensor x = pair.random(1, 256);
      Tensor y = pair.random(1, group);
      assertThatThrownBy(() -> fast.linear(workspace, x, 1, linear, Epilogue.STORE, null, y))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the copy has no memory yet");
    }
  }

  @Test
  void exactKernelsAndOtherTypesHaveNoCopy() {
    try (KernelPair pair = new KernelPair(1, 7);
        Kernels fast = new VectorKernels(new KernelOptions(1, Precision.FAST))) {
      WeightMatrix weight = weights(pair, TensorType.Q4_K, 8, 256);
      assertThat(pair.vector.withPacked(weight).packed()).isNull();
      assertThat(pair.scalar.withPacked(weight).packed()).isNull();
      WeightMatrix bytes = pair.quantized(TensorType.Q8_0, 8, 256);
      assertThat(fast.withPacked(bytes).packed()).isNull();
    }
  }

  private static void assertPacked(WeightMatrix weight) {
    assertThat(weight.packed()).isNotNull();
  }

  /** Random codes and scales, among these subnormal halves. */
  private static WeightMatrix weights(KernelPair pair, TensorType type, int rows, int cols) {
    WeightMatrix weight = pair.quantized(type, rows, cols);
    MemorySegment data = weight.data();
    int block = 0;
    for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
      float scale = (block % 3 == 0 ? 2e-5f : 1e-3f) * (1 + block % 7);
      switch (type) {
        case Q3_K -> half(data, at + 108, scale);
        case Q6_K -> half(data, at + 208, -scale);
        case Q2_K -> {
          half(data, at + 80, scale);
          half(data, at + 82, 3 * scale * (block % 2 == 0 ? 1 : -1));
        }
        case Q4_0, Q5_0 -> half(data, at, scale);
        case IQ1_M -> KernelPair.scatterHalf(data, at, scale);
        case IQ1_S, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS ->
            half(data, at, block % 2 == 0 ? scale : -scale);
        default -> {
          half(data, at, scale);
          half(data, at + 2, 3 * scale * (block % 2 == 0 ? 1 : -1));
        }
      }
      block++;
    }
    return weight;
  }

  private static void half(MemorySegment data, long at, float value) {
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
  }
}
