package io.internvl.bench.kernel;

import io.internvl.core.kernel.AttentionShape;
import io.internvl.core.kernel.KvLayer;
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
 * How close is attention to the machine's limits: to the FMA peak in prefill, to the read bandwidth
 * in decode?
 *
 * <p>{@code java -jar benchmarks.jar jmh AttentionBenchmark.vector -p work=512+0,1+4096}
 *
 * <p>{@code work} is new tokens + tokens in the cache. {@code giga} is GFLOP/s of the causal half
 * for several tokens, GB/s of keys and values for one.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class AttentionBenchmark {
  /** Queries and a filled cache layer. */
  public static class Data extends KernelState {
    /** Query heads x key/value heads x head size: 1B, 8B and 14B. */
    @Param({"14x2x64", "28x4x128", "40x8x128"})
    String heads;

    /** New tokens + tokens in the cache. */
    @Param({"512+0", "512+3584", "1+512", "1+4096"})
    String work;

    Tensor q;
    Tensor y;
    KvLayer[] layers;
    AttentionShape shape;
    int tokens;
    int first;
    int next;
    double amount;
    double ceiling;

    @Override
    void allocate() {
      String[] parts = heads.split("x");
      int queryHeads = Integer.parseInt(parts[0]);
      int kvHeads = Integer.parseInt(parts[1]);
      int headDim = Integer.parseInt(parts[2]);
      tokens = Integer.parseInt(work.substring(0, work.indexOf('+')));
      first = Integer.parseInt(work.substring(work.indexOf('+') + 1));
      float scale = (float) (1 / Math.sqrt(headDim));
      shape = new AttentionShape(queryHeads, kvHeads, headDim, scale, 0, null);
      q = randomTensor(tokens, queryHeads * headDim);
      y = Tensor.allocate(arena, tokens, queryHeads * headDim);
      int positions = first + tokens;
      Tensor keys = randomTensor(positions, kvHeads * headDim);
      Tensor values = randomTensor(positions, kvHeads * headDim);
      layers = new KvLayer[tokens == 1 ? 24 : 1];
      for (int i = 0; i < layers.length; i++) {
        layers[i] = new KvLayer(arena, kvHeads, headDim, positions, KvLayer.Format.F16);
        kernels.store(keys, values, positions, layers[i], 0);
      }
      if (tokens == 1) {
        amount = 2.0 * positions * kvHeads * headDim * KvLayer.Format.F16.bytes();
        ceiling = ceilings.readBytes();
      } else {
        amount = 4.0 * queryHeads * headDim * tokens * (first + (tokens + 1) / 2.0);
        ceiling = ceilings.fmaFlops();
      }
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
    KvLayer layer = data.layers[data.next];
    data.next = (data.next + 1) % data.layers.length;
    data.kernels.attention(
        data.workspace, data.q, data.tokens, layer, data.first, data.shape, data.y);
    share.add(data.amount, data.ceiling);
    return data.y;
  }
}
