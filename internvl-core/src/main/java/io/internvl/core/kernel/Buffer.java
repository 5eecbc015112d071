package io.internvl.core.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
