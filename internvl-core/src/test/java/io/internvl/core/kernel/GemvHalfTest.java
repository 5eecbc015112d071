package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both kernels of F16, whichever of them this processor gets. */
@Tag("kernel")
class GemvHalfTest {
  private static final int ROWS = RowShares.STREAMS * RowShares.UNIT;
  private static final int COLS = 256;

  static List<GemvKernel> kernels() {
    return List.of(new GemvF16(), new GemvNarrowF16());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void normalHalvesAreExact(GemvKernel kernel) {
    Random random = new Random(1);
    check(kernel, () -> Float.floatToFloat16((float) random.nextGaussian() / 50), 1f);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void subnormalHalvesAreExact(GemvKernel kernel) {
    Random random = new Random(2);
    check(kernel, () -> (short) (random.nextInt(0x400) | random.nextInt(2) << 15), 1f);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void anyFiniteHalvesAreExact(GemvKernel kernel) {
    Random random = new Random(3);
    check(kernel, () -> (short) (random.nextInt(0x7C00) | random.nextInt(2) << 15), 1f);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void largeActivationsDoNotOverflow(GemvKernel kernel) {
    Random random = new Random(4);
    for (float size : new float[] {0x1p10f, 0x1p15f, 0x1p16f, 0x1p40f, 0x1p100f, 0x1p110f}) {
      check(kernel, () -> Float.floatToFloat16((float) random.nextGaussian() / 50), size);
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void smallActivationsDoNotUnderflow(GemvKernel kernel) {
    Random random = new Random(5);
    for (float size : new float[] {0x1p-10f, 0x1p-60f, 0x1p-80f}) {
      check(kernel, () -> Float.floatToFloat16((float) random.nextGaussian() / 50), size);
    }
  }

  private interface Halves {
    short next();
  }

  private static void check(GemvKernel kernel, Halves halves, float size) {
    Random random = new Random(6);
    try (Arena arena = Arena.ofConfined();
        WorkerScratch scratch = new WorkerScratch();
        TokenInput input = new TokenInput()) {
      MemorySegment weights = arena.allocate((long) ROWS * COLS * Short.BYTES, 64);
      for (int i = 0; i < ROWS * COLS; i++) {
        weights.setAtIndex(ValueLayout.JAVA_SHORT, i, halves.next());
      }
      Tensor x = Tensor.allocate(arena, 1, COLS);
      for (int col = 0; col < COLS; col++) {
        x.set(0, col, size * (float) random.nextDouble(-1, 1));
      }
      MemorySegment sums = arena.allocate((long) ROWS * Float.BYTES, 64);
      long rowBytes = (long) COLS * Short.BYTES;
      input.set(x, 0);
      kernel.prepare(input);
      assertThat(kernel.fits(COLS)).isTrue();
      kernel.multiply(
          weights,
          0,
          rowBytes,
          RowShares.UNIT * rowBytes,
          RowShares.STREAMS,
          RowShares.UNIT,
          input,
          COLS,
          scratch,
          sums,
          0);
      for (int row = 0; row < ROWS; row++) {
        double exact = 0;
        double terms = 0;
        for (int col = 0; col < COLS; col++) {
          short half = weights.getAtIndex(ValueLayout.JAVA_SHORT, (long) row * COLS + col);
          double term = (double) Float.float16ToFloat(half) * x.get(0, col);
          exact += term;
          terms += Math.abs(term);
        }
        double sum = sums.getAtIndex(ValueLayout.JAVA_FLOAT, row);
        assertThat(sum).isCloseTo(exact, within(1e-6 * terms));
      }
    }
  }
}
