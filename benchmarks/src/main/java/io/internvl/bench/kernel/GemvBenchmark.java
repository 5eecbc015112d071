package io.internvl.bench.kernel;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.PackedRows;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
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
 * What share of the read bandwidth does a linear map of one token (decode) reach, for each tensor
 * type?
 *
 * <p>{@code java -jar benchmarks.jar jmh GemvBenchmark.vector -p type=Q4_K,Q8_0 -p threads=1,2}
 *
 * <p>{@code giga} is GB/s of encoded weights. The matrix is walked through in slices of the size of
 * a real one, so that every byte comes from memory. {@code tokens} above 1 asks what small batches
 * cost.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class GemvBenchmark {
  private static final long STREAMED_BYTES = 512L << 20;

  /** A long matrix in slices. */
  public static class Data extends KernelState {
    /** Tensor type of the weights. */
    @Param({
      "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
      "Q6_K", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS"
    })
    TensorType type;

    /** Columns: hidden size of 8B. */
    @Param("3584")
    int cols;

    /** Rows of one call. */
    @Param("3584")
    int rows;

    /** Tokens: 1 for decode, 2 to 8 for small batches. */
    @Param("1")
    int tokens;

    /** Whether the weights have a packed copy, for types that are packed. */
    @Param("false")
    boolean packed;

    Tensor x;
    Linear[] slices;
    Tensor y;
    int next;

    @Override
    void allocate() {
      x = randomTensor(tokens, cols);
      y = Tensor.allocate(arena, tokens, rows);
      int count = (int) Math.max(1, STREAMED_BYTES / (rows * type.byteSize(cols)));
      WeightMatrix all = randomWeights(type, rows * count, cols);
      if (packed) {
        all = kernels.withPacked(all);
        PackedRows copy = all.packed();
        if (copy != null) {
          MemorySegment memory = arena.allocate(copy.byteSize(), 64);
          copy.pack(all.data(), all.rows(), memory);
          copy.use(memory);
        }
      }
      slices = new Linear[count];
      for (int i = 0; i < count; i++) {
        slices[i] = new Linear(all.rows(i * rows, rows), null);
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
    Linear slice = data.slices[data.next];
    data.next = (data.next + 1) % data.slices.length;
    data.kernels.linear(data.workspace, data.x, data.tokens, slice, Epilogue.STORE, null, data.y);
    share.add(slice.weight().data().byteSize(), data.ceilings.readBytes());
    return data.y;
  }
}
