package io.internvl.bench.kernel;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.GateActivation;
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
 * How many elements a second do norms, rotary embedding and activations process?
 *
 * <p>{@code java -jar benchmarks.jar jmh ElementwiseBenchmark.vector -p operation=RMS_NORM,GELU}
 *
 * <p>{@code giga} is 10^9 elements/s; the ceiling is reading and writing each of them once from
 * memory, which operands that fit a cache can exceed. Activations are fused into linear maps: they
 * are measured behind a map of 16 columns, with {@code LINEAR} as the cost of the map alone.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ElementwiseBenchmark {
  private static final int THIN = 16;
  private static final int BYTES_PER_ELEMENT = 2 * Float.BYTES;

  /** What is measured. */
  public enum Operation {
    /** RMS norm. */
    RMS_NORM,
    /** Layer norm. */
    LAYER_NORM,
    /** Rotary embedding. */
    ROTATE,
    /** A linear map of 16 columns. */
    LINEAR,
    /** The same and GELU. */
    GELU,
    /** Two of them and the SiLU gate. */
    SILU_GATE
  }

  /** Activations and parameters. */
  public static class Data extends KernelState {
    /** What is measured. */
    @Param Operation operation;

    /** Tokens: prefill and decode. */
    @Param({"512", "1"})
    int tokens;

    /** Width of the residual stream: 8B. */
    @Param("3584")
    int width;

    /** Size of one head. */
    @Param("128")
    int headDim;

    Tensor x;
    Tensor thin;
    Tensor weight;
    Tensor bias;
    Tensor cos;
    Tensor sin;
    Tensor y;
    Linear map;

    @Override
    void allocate() {
      x = randomTensor(tokens, width);
      thin = randomTensor(tokens, THIN);
      weight = randomTensor(1, width);
      bias = randomTensor(1, width);
      cos = randomTensor(tokens, headDim / 2);
      sin = randomTensor(tokens, headDim / 2);
      y = Tensor.allocate(arena, tokens, width);
      map = new Linear(randomWeights(TensorType.F32, width, THIN), null);
    }

    Tensor run() {
      switch (operation) {
        case RMS_NORM -> kernels.rmsNorm(x, tokens, weight, 1e-6f, y);
        case LAYER_NORM -> kernels.layerNorm(x, tokens, weight, bias, 1e-6f, y);
        case ROTATE -> kernels.rotate(x, tokens, width / headDim, headDim, cos, sin, false);
        case LINEAR -> kernels.linear(workspace, thin, tokens, map, Epilogue.STORE, null, y);
        case GELU -> kernels.linear(workspace, thin, tokens, map, Epilogue.GELU, null, y);
        case SILU_GATE ->
            kernels.gatedLinear(workspace, thin, tokens, map, map, GateActivation.SILU, y);
      }
      return y;
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
    Tensor result = data.run();
    double elements = (double) data.tokens * data.width;
    share.add(elements, data.ceilings.readBytes() / BYTES_PER_ELEMENT);
    return result;
  }
}
