package io.internvl.core.kernel;

import java.util.ArrayList;
import java.util.List;

/** Scratch memory of one session of {@link VectorKernels}, and the tasks that use it. */
final class VectorWorkspace implements Workspace {
  private final List<WorkerScratch> scratch;
  private final Gemm gemm;
  private final DecodeAttention decodeAttention;
  private final Gemv gemv;
  private boolean closed;

  VectorWorkspace(Workers workers, Precision precision) {
    List<WorkerScratch> all = new ArrayList<>();
    for (int worker = 0; worker < workers.threads(); worker++) {
      all.add(new WorkerScratch());
    }
    scratch = List.copyOf(all);
    gemm = new Gemm(workers, scratch);
    decodeAttention = new DecodeAttention(workers, scratch);
    gemv = new Gemv(workers, scratch, precision);
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

  /** Returns scratch memory for each worker. */
  List<WorkerScratch> scratch() {
    return scratch;
  }

  Gemm gemm() {
    return gemm;
  }

  DecodeAttention decodeAttention() {
    return decodeAttention;
  }

  Gemv gemv() {
    return gemv;
  }

  @Override
  public void close() {
    closed = true;
    gemm.close();
    decodeAttention.close();
    gemv.close();
    for (WorkerScratch each : scratch) {
      each.close();
    }
  }
}
