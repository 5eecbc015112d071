package io.internvl.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reads memory that is larger than the caches in eight sequential streams, as decode kernels read
 * weights.
 */
final class ReadProbe implements Probe {
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long PAGE_BYTES = 4096;
  private static final int PART_BYTES = 64 << 10;
  private static final int STREAMS = 8;

  /** Keeps the streams off the same cache sets. */
  private static final long SKEW_BYTES = 13 * 64;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment memory;
  private final long stream;
  private final long[] sink = new long[SPECIES.length()];

  ReadProbe(long bytes) {
    this.memory = arena.allocate(bytes + STREAMS * SKEW_BYTES, PAGE_BYTES);
    this.stream = bytes / STREAMS + SKEW_BYTES;
    memory.fill((byte) 1);
  }

  @Override
  public double work() {
    long end = stream - SKEW_BYTES;
    for (long at = 0; at < end; at += PART_BYTES) {
      read(memory, at, stream, sink);
    }
    return end * STREAMS;
  }

  // Above 325 bytecodes, so that C2 compiles it alone: inlined into the loop of work() it was four
  // times slower inside the cache.
  private static void read(MemorySegment memory, long start, long stream, long[] sink) {
    LongVector a = LongVector.fromArray(SPECIES, sink, 0);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    int step = SPECIES.vectorByteSize();
    for (int i = 0; i < PART_BYTES; i += 2 * step) {
      long at = start + i;
      a = a.or(LongVector.fromMemorySegment(SPECIES, memory, at, ORDER));
      b = b.or(LongVector.fromMemorySegment(SPECIES, memory, at + stream, ORDER));
      c = c.or(LongVector.fromMemorySegment(SPECIES, memory, at + 2 * stream, ORDER));
      d = d.or(LongVector.fromMemorySegment(SPECIES, memory, at + 3 * stream, ORDER));
      a = a.or(LongVector.fromMemorySegment(SPECIES, memory, at + 4 * stream, ORDER));
      b = b.or(LongVector.fromMemorySegment(SPECIES, memory, at + 5 * stream, ORDER));
      c = c.or(LongVector.fromMemorySegment(SPECIES, memory, at + 6 * stream, ORDER));
      d = d.or(LongVector.fromMemorySegment(SPECIES, memory, at + 7 * stream, ORDER));
      at += step;
      a = a.or(LongVector.fromMemorySegment(SPECIES, memory, at, ORDER));
      b = b.or(LongVector.fromMemorySegment(SPECIES, memory, at + stream, ORDER));
      c = c.or(LongVector.fromMemorySegment(SPECIES, memory, at + 2 * stream, ORDER));
      d = d.or(LongVector.fromMemorySegment(SPECIES, memory, at + 3 * stream, ORDER));
      a = a.or(LongVector.fromMemorySegment(SPECIES, memory, at + 4 * stream, ORDER));
      b = b.or(LongVector.fromMemorySegment(SPECIES, memory, at + 5 * stream, ORDER));
      c = c.or(LongVector.fromMemorySegment(SPECIES, memory, at + 6 * stream, ORDER));
      d = d.or(LongVector.fromMemorySegment(SPECIES, memory, at + 7 * stream, ORDER));
    }
    a.or(b).or(c.or(d)).intoArray(sink, 0);
  }

  @Override
  public void close() {
    arena.close();
  }
}
