package io.internvl.core.nn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Keeps copies in memory of their own. */
final class PackedMemory implements PackedTarget {
  private final Arena arena;

  PackedMemory(Arena arena) {
    this.arena = arena;
  }

  /** Takes the memory of a copy; the system clears it, which takes as long as filling it. */
  void allocate(PackedCopy copy) {
    copy.rows().use(arena.allocate(copy.rows().byteSize(), WeightPacker.ALIGNMENT));
  }

  @Override
  public MemorySegment room(PackedCopy copy, long offset, long bytes, int worker) {
    return copy.rows().data().asSlice(offset, bytes);
  }

  @Override
  public void put(PackedCopy copy, long offset, MemorySegment groups) {}
}
