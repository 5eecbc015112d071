package io.internvl.bench.kernel;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.gguf.TensorType;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What share of the FMA peak does a linear map of many tokens (prefill, vision) reach, for each
 * tensor type?
 *
 * <p>{@code java -jar benchmarks.jar jmh GemmBenchmark.vector -p type=Q4_K,F16 -p threads=1,2}
 *
 * <p>{@code giga} is GFLOP/s. The scalar definition is the same call in a fork without the vector
 * module. One fork: its warm-up compiles the kernels, and the ceiling beside it tells whether the
 * machine was idle.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class GemmBenchmark {
  /** One matrix of a real model and the activations of a prompt. */
  public static class Data extends KernelState {
    /** Tensor type of the weights. */
    @Param({
      "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
      "Q6_K", "IQ4_NL", "IQ4_XS", "IQ2_XXS", "IQ3_S", "IQ1_S"
    })
    TensorType type;

    /** Rows x columns: attention output and feed-forward up of 8B, tower, projector. */
    @Param({"3584x3584", "18944x3584"})
    String shape;

    /** Tokens. */
    @Param("512")
    int tokens;

    Tensor x;
    Linear linear;
    Tensor y;
    double flops;

    @Override
    void allocate() {
      int rows = Integer.parseInt(shape.substring(0, shape.indexOf('x')));
      int cols = Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
      x = randomTensor(tokens, cols);
      linear = new Linear(randomWeights(type, rows, cols), null);
      y = Tensor.allocate(arena, tokens, rows);
      flops = 2.0 * rows * cols * tokens;
    }
  }

  /**
   * Runs the vector kernel.
   *
   * @param data operands
   * @param share counts the work
   * @return the result
   */
  @Benchmark
  @Fork(value = 1, jvmArgs = KernelState.VECTOR)
  public Tensor vector(Data data, Share share) {
    return run(data, share);
  }

  /**
   * Runs the scalar definition.
   *
   * @param data operands
   * @param share counts the work
   * @return the result
   */
  @Benchmark
  @Fork(value = 1, jvmArgs = KernelState.SCALAR)
  public Tensor scalar(Data data, Share share) {
    return run(data, share);
  }

  private static Tensor run(Data data, Share share) {
    data.kernels.linear(
        data.workspace, data.x, data.tokens, data.linear, Epilogue.STORE, null, data.y);
    share.add(data.flops, data.ceilings.fmaFlops());
    return data.y;
  }
}
