package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Kernels that round activations to integers, against the exact product of the decoded weights. */
@Tag("kernel")
class GemvIntegerTypesTest {
  /** Root mean square of the error, relative to that of the products, for Gaussian activations. */
  private static final double ERROR = 3e-3;

  /** The same where weights have eight bits, which leave as many for activations. */
  private static final double ERROR_OF_BYTES = 4.5e-3;

  @ParameterizedTest
  @CsvSource({
    "Q4_K,1,256",
    "Q4_K,15,512",
    "Q4_K,129,1536",
    "Q4_K,500,768",
    "Q2_K,129,1536",
    "Q3_K,129,1536",
    "Q5_K,129,1536",
    "Q6_K,500,768",
    "Q6_K,129,1536",
    "Q4_0,17,64",
    "Q4_0,129,896",
    "Q4_1,129,896",
    "Q5_0,129,896",
    "Q5_1,129,896",
    "IQ1_S,129,1536",
    "IQ1_M,129,1536",
    "IQ2_XXS,129,1536",
    "IQ2_XS,129,1536",
    "IQ2_S,129,1536",
    "IQ3_XXS,129,1536",
    "IQ3_S,129,1536",
    "IQ4_NL,129,896",
    "IQ4_XS,129,1536"
  })
  void staysWithinTheBudget(TensorType type, int rows, int cols) {
    staysWithinTheBudget(type, rows, cols, false);
    staysWithinTheBudget(type, rows, cols, true);
  }

  private static void staysWithinTheBudget(TensorType type, int rows, int cols, boolean packed) {
    try (KernelPair pair = new KernelPair(1, 3);
        Kernels fast = new VectorKernels(new KernelOptions(2, Precision.FAST));
        Workspace workspace = fast.newWorkspace()) {
      WeightMatrix weight = weights(pair, type, rows, cols);
      if (packed) {
        weight = pair.packed(fast, weight);
      }
      Tensor x = pair.random(1, cols);
      Tensor y = pair.random(1, rows);
      fast.linear(workspace, x, 1, new Linear(weight, null), Epilogue.STORE, null, y);
      double error = 0;
      double power = 0;
      for (int row = 0; row < rows; row++) {
        double[] products = products(weight, row, x);
        error += Math.pow(y.get(0, row) - DoubleStream.of(products).sum(), 2);
        power += DoubleStream.of(products).map(p -> p * p).sum(); // of the sum, on average
      }
      boolean bytes = packed && (type == TensorType.IQ4_NL || type == TensorType.IQ4_XS);
      assertThat(Math.sqrt(error / power)).isPositive().isLessThan(bytes ? ERROR_OF_BYTES : ERROR);
    }
  }

  /** The lane with the largest sum of activations comes as close to 16 bits as rounding allows. */
  @ParameterizedTest
  @EnumSource(PackedFormat.class)
  void sumsOfTheLargestCodesFit(PackedFormat format) {
    TensorType type = TensorType.valueOf(format.name());
    sumsOfTheLargestCodesFit(type, false);
    sumsOfTheLargestCodesFit(type, true);
  }

  private static void sumsOfTheLargestCodesFit(TensorType type, boolean packed) {
    int rows = 9;
    int cols = 2048;
    for (byte codes : new byte[] {0, -1}) {
      for (float sign : new float[] {1, -1}) {
        try (KernelPair pair = new KernelPair(1, 3);
            Kernels fast = new VectorKernels(new KernelOptions(1, Precision.FAST));
            Workspace workspace = fast.newWorkspace()) {
          WeightMatrix weight = pair.quantized(type, rows, cols);
          weight.data().fill(codes);
          factors(weight);
          if (packed) {
            weight = pair.packed(fast, weight);
          }
          Tensor x = pair.random(1, cols);
          for (int col = 0; col < cols; col++) {
            x.set(0, col, sign * (0.8f + 0.05f * x.get(0, col)));
          }
          Tensor y = pair.random(1, rows);
          fast.linear(workspace, x, 1, new Linear(weight, null), Epilogue.STORE, null, y);
          for (int row = 0; row < rows; row++) {
            double[] products = products(weight, row, x);
            double size = DoubleStream.of(products).map(Math::abs).sum();
            assertThat((double) y.get(0, row))
                .isCloseTo(DoubleStream.of(products).sum(), within(ERROR * size + 1e-5));
          }
        }
      }
    }
  }

  /** Products of a row of the decoded weights with the token. */
  private static double[] products(WeightMatrix weight, int row, Tensor x) {
    float[] values = new float[weight.cols()];
    BlockCodecs.of(weight.type())
        .decode(weight.data(), row * weight.rowBytes(), values, 0, values.length);
    return IntStream.range(0, values.length)
        .mapToDouble(col -> (double) values[col] * x.get(0, col))
        .toArray();
  }

  private static WeightMatrix weights(KernelPair pair, TensorType type, int rows, int cols) {
    WeightMatrix weight = pair.quantized(type, rows, cols);
    factors(weight);
    return weight;
  }

  /** Gives blocks factors of the size that trained weights have. */
  private static void factors(WeightMatrix weight) {
    TensorType type = weight.type();
    MemorySegment data = weight.data();
    Random random = new Random(5);
    for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
      float d = 0.001f * (1 + random.nextFloat());
      switch (type) {
        case Q4_0, Q5_0, IQ1_S, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS ->
            half(data, at, d);
        case IQ1_M -> KernelPair.scatterHalf(data, at, d);
        case Q6_K -> half(data, at + 208, d);
        case Q3_K -> half(data, at + 108, d);
        case Q2_K -> {
          half(data, at + 80, d);
          half(data, at + 82, 1.5f * d);
        }
        default -> {
          boolean subtracts = type == TensorType.Q4_K || type == TensorType.Q5_K;
          half(data, at, d);
          half(data, at + 2, 7 * d * (subtracts ? 1 : -1));
        }
      }
    }
  }

  private static void half(MemorySegment data, long at, float value) {
    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
  }
}
