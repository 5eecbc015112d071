package io.internvl.core.nn;

import io.internvl.core.kernel.PackedRows;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.gguf.GgufException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * A file of packed copies: a header of {@link #HEADER_BYTES}, then the copies. It belongs to one
 * model: the header has a digest of names, types and shapes of all matrices and of some bytes from
 * all over each of them.
 *
 * <p>The file is written under another name, which it has when it is complete and on the disk; so
 * several processes may load a model, and one that is killed leaves no damaged copies.
 */
final class PackedFile {
  /** Bytes before the copies: a page, so that these start on one. */
  static final int HEADER_BYTES = 4096;

  private static final byte[] MAGIC = "InternVL".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 2; // of the layouts of PackedFormat
  private static final int SAMPLES = 16; // of a matrix
  private static final int SAMPLE_BYTES = 4096;

  private final Path path;
  private final List<PackedCopy> copies;
  private final long bytes;

  /**
   * Names a file, which need not be there.
   *
   * @param path where it is or will be
   * @param copies what it holds
   * @param bytes size of all copies
   */
  PackedFile(Path path, List<PackedCopy> copies, long bytes) {
    this.path = path;
    this.copies = copies;
    this.bytes = bytes;
  }

  /** Writes what there is to be in a file. */
  interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Returns the header of a file with these copies.
   *
   * @param input reads their weights
   */
  byte[] header(PackedInput input) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).putInt(VERSION).putLong(bytes).put(digest(input));
    return header.array();
  }

  private byte[] digest(PackedInput input) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every platform has it
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sample = arena.allocate(SAMPLE_BYTES);
      for (PackedCopy copy : copies) {
        WeightMatrix weight = copy.weight();
        PackedRows rows = copy.rows();
        String text =
            String.format(
                "%s %s %d %d %d;",
                weight.name(), weight.type(), weight.rows(), weight.cols(), rows.rowsOfGroup());
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        long size = Math.min(SAMPLE_BYTES, weight.data().byteSize());
        for (int i = 0; i < SAMPLES; i++) {
          long from = (weight.data().byteSize() - size) * i / (SAMPLES - 1);
          MemorySegment part = sample.asSlice(0, size);
          input.read(weight, from, part);
          digest.update(part.asByteBuffer());
        }
      }
    }
    return digest.digest();
  }

  /**
   * Says whether the file is there and holds these copies.
   *
   * @param header what it has to start with
   * @throws GgufException when it is something else, which must not be lost
   */
  boolean isComplete(byte[] header) throws IOException {
    if (!Files.exists(path)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer found = ByteBuffer.allocate(HEADER_BYTES);
      while (found.hasRemaining() && channel.read(found, found.position()) >= 0) {
        // until the header is there
      }
      if (!Arrays.equals(found.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
        throw new GgufException(
            path
                + ": is no file of packed weights, which start with 'InternVL'; it is left as it"
                + " is: name another file");
      }
      return Arrays.equals(found.array(), header) && channel.size() == HEADER_BYTES + bytes;
    }
  }

  /**
   * Writes the file, which replaces one of other copies.
   *
   * @param header its begin
   * @param content writes the copies behind it
   */
  void write(byte[] header, Content content) throws IOException {
    Path target = path.toAbsolutePath();
    Path directory = target.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new IOException(path + ": there is no directory " + directory);
    }
    long room = Files.getFileStore(directory).getUsableSpace();
    if (room < HEADER_BYTES + bytes) {
      throw new IOException(
          path + ": packed weights take " + bytes + " bytes, but the disk has room for " + room);
    }
    Path part = directory.resolve(target.getFileName() + "." + UUID.randomUUID() + ".part");
    boolean complete = false;
    try {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(header), 0);
        channel.write(ByteBuffer.allocate(1), HEADER_BYTES + bytes - 1); // its size
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      complete = true;
    } finally {
      if (!complete) {
        Files.deleteIfExists(part);
      }
    }
  }

  /**
   * Maps the file and lets the copies use it.
   *
   * @param arena owner of the mapping
   * @return the bytes of all copies
   */
  MemorySegment map(Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() < HEADER_BYTES + bytes) {
        throw new IOException(path + ": was made shorter by another program");
      }
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, HEADER_BYTES, bytes, arena);
      for (PackedCopy copy : copies) {
        copy.rows().use(mapped.asSlice(copy.offset(), copy.rows().byteSize()));
      }
      return mapped;
    }
  }
}
