package io.internvl.core.nn;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes copies to a file, through a buffer of each worker. */
final class PackedOutput implements PackedTarget {
  private final FileChannel channel;
  private final MemorySegment[] buffers; // one for each worker

  PackedOutput(FileChannel channel, Arena arena, int workers, long bufferBytes) {
    this.channel = channel;
    buffers = new MemorySegment[workers];
    for (int i = 0; i < workers; i++) {
      buffers[i] = arena.allocate(bufferBytes);
    }
  }

  @Override
  public MemorySegment room(PackedCopy copy, long offset, long bytes, int worker) {
    return buffers[worker].asSlice(0, bytes).fill((byte) 0);
  }

  @Override
  public void put(PackedCopy copy, long offset, MemorySegment groups) throws IOException {
    ByteBuffer source = groups.asByteBuffer();
    long at = PackedFile.HEADER_BYTES + copy.offset() + offset;
    while (source.hasRemaining()) {
      channel.write(source, at + source.position());
    }
  }
}
