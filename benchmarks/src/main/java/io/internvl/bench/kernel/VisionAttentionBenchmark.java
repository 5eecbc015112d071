package io.internvl.bench.kernel;

import io.internvl.core.kernel.AttentionShape;
import io.internvl.core.kernel.Tensor;
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
 * What share of the FMA peak does the attention of the vision tower reach?
 *
 * <p>{@code java -jar benchmarks.jar jmh VisionAttentionBenchmark.vector -p threads=1,2}
 *
 * <p>{@code giga} is GFLOP/s of the two products; the softmax between them is not counted.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class VisionAttentionBenchmark {
  /** One layer's queries, keys and values. */
  public static class Data extends KernelState {
    /** Heads x head size: InternViT-300M and 6B. */
    @Param({"16x64", "25x128"})
    String heads;

    /** Tiles that do not see each other. */
    @Param("1")
    int tiles;

    /** Patches of a tile and the class token. */
    @Param("1025")
    int tokens;

    Tensor q;
    Tensor k;
    Tensor v;
    Tensor y;
    AttentionShape shape;
    double flops;

    @Override
    void allocate() {
      int count = Integer.parseInt(heads.substring(0, heads.indexOf('x')));
      int headDim = Integer.parseInt(heads.substring(heads.indexOf('x') + 1));
      float scale = (float) (1 / Math.sqrt(headDim));
      shape = new AttentionShape(count, count, headDim, scale, 0, null);
      q = randomTensor(tiles * tokens, count * headDim);
      k = randomTensor(tiles * tokens, count * headDim);
      v = randomTensor(tiles * tokens, count * headDim);
      y = Tensor.allocate(arena, tiles * tokens, count * headDim);
      flops = 4.0 * tiles * tokens * tokens * count * headDim;
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
    data.kernels.fullAttention(
        data.workspace, data.q, data.k, data.v, data.tiles, data.tokens, data.shape, data.y);
    share.add(data.flops, data.ceilings.fmaFlops());
    return data.y;
  }
}
