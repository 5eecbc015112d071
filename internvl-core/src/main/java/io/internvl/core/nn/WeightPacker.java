package io.internvl.core.nn;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.PackedRows;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.kernel.Workers;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives the matrices of a model packed copies while it is loaded, for faster decoding. The copies
 * are in memory, or in a file that later loads find.
 *
 * <p>Matrices are bound first; {@link #run} makes all copies at the end, when it is known that no
 * tensor is missing. From then on the tensors themselves are hardly read any more. Not thread-safe.
 */
public final class WeightPacker {
  static final long ALIGNMENT = 64; // of a copy, a cache line
  private static final int GROUPS_OF_BLOCK = 4; // of work of a thread
  private static final int GROUPS_OF_RUN = 1024; // between two reports of progress

  private final GgufFile file;
  private final Kernels kernels;
  private final Arena arena;
  private final @Nullable Path store;
  private final List<PackedCopy> copies = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private long bytes;
  private MemorySegment mapped = MemorySegment.NULL;

  /**
   * Creates one.
   *
   * @param file the open model file
   * @param kernels decide which types are packed
   * @param arena owner of the copies
   * @param store file for the copies, which is made unless it is there; null keeps them in memory
   */
  public WeightPacker(GgufFile file, Kernels kernels, Arena arena, @Nullable Path store) {
    this.file = file;
    this.kernels = kernels;
    this.arena = arena;
    this.store = store;
  }

  /** Returns the matrix with a copy that is there after {@link #run}, if its type is packed. */
  WeightMatrix bind(WeightMatrix weight) {
    WeightMatrix bound = kernels.withPacked(weight);
    PackedRows rows = bound.packed();
    if (rows != null) {
      copies.add(new PackedCopy(bound, rows, bytes));
      names.add(bound.name());
      bytes += Math.ceilDiv(rows.byteSize(), ALIGNMENT) * ALIGNMENT;
    }
    return bound;
  }

  /**
   * Says whether products read a copy instead of a tensor.
   *
   * @param tensor a tensor of the file
   * @return true when it need not be in memory
   */
  public boolean replaces(GgufTensor tensor) {
    return names.contains(tensor.name());
  }

  /**
   * Returns the copies in a mapped file.
   *
   * @return their bytes; none when they are in memory
   */
  public MemorySegment mapped() {
    return mapped;
  }

  /**
   * Packs all matrices that were bound, or finds their copies. Their weights must be there.
   *
   * @param progress hears how many bytes are done
   * @throws IOException when a file cannot be read or written
   * @throws GgufException when the file for the copies is something else
   */
  public void run(Progress progress) throws IOException {
    if (copies.isEmpty()) {
      return;
    }
    try (PackedInput input = new PackedInput(file)) {
      if (store == null) {
        PackedMemory memory = new PackedMemory(arena);
        kernels.workers().run((copy, worker) -> memory.allocate(copies.get(copy)), copies.size());
        pack(input, memory, progress);
      } else {
        mapped = map(new PackedFile(store, copies, bytes), input, progress);
      }
    } catch (UncheckedIOException e) {
      throw new IOException(file.path() + ": packing weights: " + e.getMessage(), e);
    }
  }

  private MemorySegment map(PackedFile packed, PackedInput input, Progress progress)
      throws IOException {
    byte[] header = packed.header(input);
    if (!packed.isComplete(header)) {
      packed.write(
          header,
          channel -> {
            int threads = kernels.workers().threads();
            try (Arena buffers = Arena.ofShared()) {
              pack(
                  input,
                  new PackedOutput(channel, buffers, threads, GROUPS_OF_BLOCK * groupBytes()),
                  progress);
            }
          });
    }
    return packed.map(arena);
  }

  /** Returns the size of the largest group of a copy. */
  private long groupBytes() {
    return copies.stream().mapToLong(PackedCopy::groupBytes).max().orElse(0);
  }

  private void pack(PackedInput input, PackedTarget target, Progress progress) {
    Workers workers = kernels.workers();
    long total = copies.stream().mapToLong(copy -> copy.rows().byteSize()).sum();
    long done = 0;
    try (Arena buffers = Arena.ofShared()) {
      MemorySegment[] rows = new MemorySegment[workers.threads()];
      for (int worker = 0; worker < rows.length; worker++) {
        rows[worker] = buffers.allocate(GROUPS_OF_BLOCK * groupRowsBytes());
      }
      for (PackedCopy copy : copies) {
        int groups = copy.rows().groups();
        for (int first = 0; first < groups; first += GROUPS_OF_RUN) {
          int start = first;
          int end = Math.min(first + GROUPS_OF_RUN, groups);
          workers.run(
              (block, worker) -> {
                int from = start + block * GROUPS_OF_BLOCK;
                int to = Math.min(from + GROUPS_OF_BLOCK, end);
                pack(copy, from, to, input, rows[worker], target, worker);
              },
              Math.ceilDiv(end - first, GROUPS_OF_BLOCK));
          done += (end - first) * copy.groupBytes();
          progress.update(done, total);
        }
      }
    }
  }

  /** Returns the size of the largest group of rows in its file encoding. */
  private long groupRowsBytes() {
    return copies.stream()
        .mapToLong(copy -> copy.rows().rowsOfGroup() * copy.weight().rowBytes())
        .max()
        .orElse(0);
  }

  private static void pack(
      PackedCopy copy,
      int from,
      int to,
      PackedInput input,
      MemorySegment buffer,
      PackedTarget target,
      int worker) {
    WeightMatrix weight = copy.weight();
    int first = from * copy.rows().rowsOfGroup();
    int count = Math.min(to * copy.rows().rowsOfGroup(), weight.rows()) - first;
    MemorySegment rows = buffer.asSlice(0, count * weight.rowBytes());
    long at = from * copy.groupBytes();
    try {
      input.read(weight, first * weight.rowBytes(), rows);
      MemorySegment groups = target.room(copy, at, (to - from) * copy.groupBytes(), worker);
      copy.rows().pack(rows, count, groups);
      target.put(copy, at, groups);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
