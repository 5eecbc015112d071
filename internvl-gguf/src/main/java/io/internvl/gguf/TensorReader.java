package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads data of tensors into memory of the caller, past the mapping of their file: what is read
 * this way does not become resident memory of the process.
 *
 * <p>Thread-safe. Close it when all has been read; it need not outlive its {@link GgufFile}, nor
 * the other way round.
 */
public final class TensorReader implements AutoCloseable {
  private final List<Path> paths;
  private final List<MemorySegment> mappings;
  private final List<FileChannel> channels = new ArrayList<>();

  private TensorReader(List<Path> paths, List<MemorySegment> mappings) {
    this.paths = paths;
    this.mappings = mappings;
  }

  /** Opens the parts of a model. */
  static TensorReader open(List<Path> paths, List<MemorySegment> mappings) throws IOException {
    TensorReader reader = new TensorReader(paths, mappings);
    boolean opened = false;
    try {
      for (Path path : paths) {
        reader.channels.add(FileChannel.open(path, StandardOpenOption.READ));
      }
      opened = true;
      return reader;
    } finally {
      if (!opened) {
        reader.close();
      }
    }
  }

  /**
   * Reads part of a tensor.
   *
   * @param tensor a tensor of the file
   * @param offset first byte, from the start of the tensor
   * @param target receives as many bytes as it has; off the heap
   * @throws IOException when the file cannot be read
   * @throws GgufException when the file has become shorter
   * @throws IllegalArgumentException when the tensor is of another file, or has fewer bytes
   */
  public void read(GgufTensor tensor, long offset, MemorySegment target) throws IOException {
    MemorySegment data = tensor.data();
    if (offset < 0 || target.byteSize() > data.byteSize() - offset) {
      throw new IllegalArgumentException(
          "tensor '"
              + tensor.name()
              + "' has "
              + data.byteSize()
              + " bytes, asked for "
              + target.byteSize()
              + " from "
              + offset);
    }
    for (int i = 0; i < mappings.size(); i++) {
      long start = data.address() - mappings.get(i).address();
      if (start >= 0 && start < mappings.get(i).byteSize()) {
        read(i, start + offset, target.asByteBuffer());
        return;
      }
    }
    throw new IllegalArgumentException(
        "tensor '" + tensor.name() + "' is not of " + paths.getFirst());
  }

  private void read(int part, long from, ByteBuffer target) throws IOException {
    while (target.hasRemaining()) {
      if (channels.get(part).read(target, from + target.position()) < 0) {
        throw new GgufException(
            paths.get(part)
                + ": ends at "
                + channels.get(part).size()
                + ", after "
                + mappings.get(part).byteSize()
                + " bytes when it was opened; another program has changed it");
      }
    }
  }

  /** Ends reading. Idempotent. */
  @Override
  public void close() throws IOException {
    for (FileChannel channel : channels) {
      channel.close();
    }
  }
}
