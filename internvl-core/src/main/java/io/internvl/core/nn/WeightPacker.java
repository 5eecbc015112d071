package io.internvl.core.nn;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.PackedRows;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.kernel.Workers;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes packed copies of the matrices of a model while it is loaded, for faster decoding.
 *
 * <p>Matrices are bound first; {@link #run} makes all copies at the end, when it is known that no
 * tensor is missing. Not thread-safe.
 */
public final class WeightPacker {
  private static final int GROUPS_OF_BLOCK = 4; // of work of a thread
  private static final int GROUPS_OF_RUN = 1024; // between two reports of progress

  private final Kernels kernels;
  private final Arena arena;
  private final List<WeightMatrix> jobs = new ArrayList<>();

  /**
   * Creates one.
   *
   * @param kernels decide which types are packed
   * @param arena owner of the copies
   */
  public WeightPacker(Kernels kernels, Arena arena) {
    this.kernels = kernels;
    this.arena = arena;
  }

  /** Returns the matrix with a copy that is there after {@link #run}, if its type is packed. */
  WeightMatrix bind(WeightMatrix weight) {
    WeightMatrix bound = kernels.withPacked(weight);
    if (bound.packed() != null) {
      jobs.add(bound);
    }
    return bound;
  }

  /**
   * Packs all matrices that were bound. Their weights must be there.
   *
   * @param progress hears how many bytes are done
   */
  public void run(Requantiser.Progress progress) {
    long total = 0;
    for (WeightMatrix job : jobs) {
      total += copy(job).byteSize();
    }
    // The system clears the memory of the copies, which takes as long as filling it.
    kernels.workers().run((job, worker) -> copy(jobs.get(job)).allocate(arena), jobs.size());
    long done = 0;
    for (WeightMatrix job : jobs) {
      PackedRows copy = copy(job);
      long groupBytes = copy.byteSize() / copy.groups();
      for (int first = 0; first < copy.groups(); first += GROUPS_OF_RUN) {
        int end = Math.min(first + GROUPS_OF_RUN, copy.groups());
        fill(kernels.workers(), job, copy, first, end);
        done += (end - first) * groupBytes;
        progress.update(done, total);
      }
    }
    jobs.clear();
  }

  private static PackedRows copy(WeightMatrix job) {
    PackedRows packed = job.packed();
    if (packed == null) {
      throw new IllegalStateException(job.name() + " has no copy");
    }
    return packed;
  }

  private static void fill(
      Workers workers, WeightMatrix weight, PackedRows copy, int first, int end) {
    workers.run(
        (block, worker) -> {
          int from = first + block * GROUPS_OF_BLOCK;
          copy.fill(weight, from, Math.min(from + GROUPS_OF_BLOCK, end));
        },
        Math.ceilDiv(end - first, GROUPS_OF_BLOCK));
  }
}
