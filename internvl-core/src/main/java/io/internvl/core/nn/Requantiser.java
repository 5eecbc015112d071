package io.internvl.core.nn;

import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.kernel.Workers;
import io.internvl.core.quant.QuantisationPlan;
import io.internvl.core.quant.RowEncoding;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes float matrices of a model to smaller types while it is loaded.
 *
 * <p>Binding a matrix reserves memory for its copy; {@link #run} fills all copies at the end, when
 * it is known that no tensor is missing. Tensors that are quantised already stay views of the file.
 * Not thread-safe.
 */
public final class Requantiser {
  private static final long RUN_ELEMENTS = 1L << 24; // between two reports of progress
  private static final long ALIGNMENT = 64;

  private record Job(RowEncoding rows, long count, MemorySegment target) {}

  private final GgufFile file;
  private final QuantisationPlan plan;
  private final Arena arena;
  private final List<Job> jobs = new ArrayList<>();

  /**
   * Creates one for the float matrices of a file.
   *
   * @param file the open model file
   * @param mix the wanted types
   * @param arena owner of the encoded matrices
   */
  public Requantiser(GgufFile file, TypeMix mix, Arena arena) {
    this.file = file;
    this.plan = QuantisationPlan.of(file, mix);
    this.arena = arena;
  }

  /** Returns the matrix to be used for a stored one; its data is there after {@link #run}. */
  WeightMatrix bind(GgufTensor tensor, int rows, int cols) {
    TensorType stored = tensor.type();
    TensorType wanted = plan.typeOf(tensor);
    if (QuantisationPlan.isQuantised(stored) || wanted.byteSize(cols) >= stored.byteSize(cols)) {
      return new WeightMatrix(tensor.name(), stored, rows, cols, tensor.data());
    }
    long bytes = Math.multiplyExact(wanted.byteSize(cols), (long) rows);
    MemorySegment target = arena.allocate(bytes, ALIGNMENT);
    jobs.add(new Job(new RowEncoding(tensor, wanted), rows, target));
    return new WeightMatrix(tensor.name(), wanted, rows, cols, target);
  }

  /**
   * Encodes all matrices that were bound.
   *
   * @param workers lend their threads
   * @param progress hears how many elements are done
   * @throws GgufException when a value cannot be encoded
   */
  public void run(Workers workers, Progress progress) {
    long total = jobs.stream().mapToLong(job -> job.count * job.rows.cols()).sum();
    ParallelEncoder encoder = new ParallelEncoder(file, workers);
    long done = 0;
    for (Job job : jobs) {
      long step = Math.max(1, RUN_ELEMENTS / job.rows.cols());
      for (long first = 0; first < job.count; first += step) {
        long count = Math.min(step, job.count - first);
        long target = first * job.rows.encodedRowBytes();
        encoder.encode(job.rows, first, count, job.target, target);
        done += count * job.rows.cols();
        progress.update(done, total);
      }
    }
    jobs.clear();
  }
}
