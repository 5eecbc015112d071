package io.internvl.bench.kernel;

import io.internvl.bench.Ceilings;
import io.internvl.bench.synthetic.BlockPool;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.kernel.Workspace;
import io.internvl.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Kernels, memory and the limits of the machine, measured in the same JVM. */
@State(Scope.Thread)
public abstract class KernelState {
  /** JVM argument of forks that run the vector kernels. */
  static final String VECTOR = "--add-modules=jdk.incubator.vector";

  /** JVM argument of forks that run the scalar definitions; it only keeps JMH from inheriting. */
  static final String SCALAR = "-Xms64m";

  private static final float WEIGHT_DEVIATION = 0.02f;
  private static final long PAGE_BYTES = 4096;

  /** Threads that work on one operation. */
  @Param("1")
  int threads;

  final SplittableRandom random = new SplittableRandom(1);
  Arena arena;
  Kernels kernels;
  Workspace workspace;
  Ceilings ceilings = new Ceilings(0, 0);

  /** Starts the kernels. The limits stay 0 without the vector module. */
  @Setup(Level.Trial)
  public void open() {
    arena = Arena.ofShared();
    kernels = KernelProvider.create(KernelOptions.defaults().withThreads(threads));
    workspace = kernels.newWorkspace();
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
      ceilings = Ceilings.measure(threads);
    }
    allocate();
  }

  /** Allocates what the benchmark works on. */
  abstract void allocate();

  /** Frees memory and threads. */
  @TearDown(Level.Trial)
  public void close() {
    workspace.close();
    kernels.close();
    arena.close();
  }

  Tensor randomTensor(int rows, int cols) {
    Tensor tensor = Tensor.allocate(arena, rows, cols);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        tensor.set(r, c, (float) random.nextDouble(-1, 1));
      }
    }
    return tensor;
  }

  WeightMatrix randomWeights(TensorType type, int rows, int cols) {
    MemorySegment data = arena.allocate(type.byteSize((long) rows * cols), PAGE_BYTES);
    BlockPool.create(type, WEIGHT_DEVIATION, 1).fill(data);
    return new WeightMatrix("random", type, rows, cols, data);
  }
}
