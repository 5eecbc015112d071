package io.internvl.core.kernel;

import java.util.ArrayList;
import java.util.List;

/** Scratch memory of one session of {@link VectorKernels}, and the tasks that use it. */
final class VectorWorkspace implements Workspace {
  private final List<WorkerScratch> scratch = new ArrayList<>();
  private final Gemm gemm;
  private boolean closed;

  VectorWorkspace(Workers workers) {
    for (int worker = 0; worker < workers.threads(); worker++) {
      scratch.add(new WorkerScratch());
    }
    gemm = new Gemm(workers, List.copyOf(scratch));
  }

  static VectorWorkspace of(Workspace workspace) {
    if (!(workspace instanceof VectorWorkspace vector)) {
      throw new IllegalArgumentException("workspace of other kernels: " + workspace.getClass());
    }
    if (vector.closed) {
      throw new IllegalStateException("the workspace is closed");
    }
    return vector;
  }

  Gemm gemm() {
    return gemm;
  }

  @Override
  public void close() {
    closed = true;
    gemm.close();
    for (WorkerScratch each : scratch) {
      each.close();
    }
  }
}
