package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Produces the data of a tensor while a file is written, so that files larger than memory can be
 * made.
 */
@FunctionalInterface
public interface TensorSource {
  /**
   * Writes the whole data of the tensor, row after row in the tensor's encoding. Called once for
   * each file that the tensor is written to.
   *
   * @param out buffered; takes everything a buffer has in one call; not to be closed
   * @throws IOException when the channel does
   */
  void writeTo(WritableByteChannel out) throws IOException;

  /**
   * Copies data that is in memory or in a mapped file.
   *
   * @param data exactly the tensor's bytes; must be readable while the file is written
   * @return the source
   */
  static TensorSource of(MemorySegment data) {
    int chunkBytes = 1 << 18;
    return out -> {
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(chunkBytes, data.byteSize()));
      MemorySegment target = MemorySegment.ofArray(chunk.array());
      for (long at = 0; at < data.byteSize(); at += chunk.limit()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), data.byteSize() - at));
        MemorySegment.copy(data, at, target, 0, chunk.limit());
        out.write(chunk);
      }
    };
  }
}
