package io.internvl.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A buffered file that counts what is written to it. */
final class GgufOutput implements WritableByteChannel {
  private static final int BUFFER_BYTES = 1 << 20;

  private final FileChannel file;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private long position;

  GgufOutput(Path path) throws IOException {
    file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  long position() {
    return position;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int bytes = source.remaining();
    while (source.hasRemaining()) {
      flushIfFull();
      int chunk = Math.min(source.remaining(), buffer.remaining());
      buffer.put(buffer.position(), source, source.position(), chunk);
      buffer.position(buffer.position() + chunk);
      source.position(source.position() + chunk);
    }
    position += bytes;
    return bytes;
  }

  void padTo(long end) throws IOException {
    while (position < end) {
      flushIfFull();
      buffer.put((byte) 0);
      position++;
    }
  }

  private void flushIfFull() throws IOException {
    if (!buffer.hasRemaining()) {
      flush();
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      file.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public boolean isOpen() {
    return file.isOpen();
  }

  /** Writes what is buffered and closes the file. */
  @Override
  public void close() throws IOException {
    try (file) {
      flush();
    }
  }
}
