package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/** Off-heap scratch that grows to the largest request and is then reused. */
final class Buffer implements AutoCloseable {
  private @Nullable Arena arena;
  private MemorySegment segment = MemorySegment.NULL;

  /** Returns at least {@code bytes} bytes, aligned to cache lines. Growing loses the contents. */
  MemorySegment atLeast(long bytes) {
    if (segment.byteSize() < bytes) {
      close();
      Arena newArena = Arena.ofShared();
      segment = newArena.allocate(bytes, Tensor.ROW_ALIGNMENT);
      arena = newArena;
    }
    return segment;
  }

  /**
   * Writes the same value to whole vectors of floats. Slices that are filled would be created.
   *
   * @param x memory
   * @param xo byte offset of the first vector
   * @param value what is written
   * @param n number of floats, a multiple of {@link VectorSupport#LANES}
   */
  static void fill(MemorySegment x, long xo, float value, int n) {
    FloatVector v = FloatVector.broadcast(FLOATS, value);
    for (int i = 0; i < n; i += LANES) {
      v.intoMemorySegment(x, xo + (long) i * Float.BYTES, ORDER);
    }
  }

  /** Frees the memory. Idempotent; the buffer may grow again. */
  @Override
  public void close() {
    if (arena != null) {
      arena.close();
      arena = null;
      segment = MemorySegment.NULL;
    }
  }
}
