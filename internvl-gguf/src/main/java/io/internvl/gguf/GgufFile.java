package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open, memory-mapped model file, or all files of a split model.
 *
 * <p>Opening reads the header only; tensor data stays in the file and is paged in by the operating
 * system when it is read. Thread-safe. {@link #close} ends the mapping; views of tensors must not
 * be read afterwards (they throw {@link IllegalStateException}).
 */
public final class GgufFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final GgufMetadata metadata;
  private final List<GgufTensor> tensors;
  private final Map<String, GgufTensor> byName;
  private final long sizeBytes;
  private boolean closed;

  private GgufFile(
      Path path, Arena arena, GgufMetadata metadata, List<GgufTensor> tensors, long sizeBytes) {
    this.path = path;
    this.arena = arena;
    this.metadata = metadata;
    this.tensors = List.copyOf(tensors);
    this.sizeBytes = sizeBytes;
    byName = LinkedHashMap.newLinkedHashMap(tensors.size());
    for (GgufTensor tensor : tensors) {
      if (byName.put(tensor.name(), tensor) != null) {
        throw new GgufException(path + ": tensor '" + tensor.name() + "' occurs twice");
      }
    }
  }

  /**
   * Opens a file. If its name says that it is one of several ({@code -00001-of-00003.gguf}), the
   * others are looked for beside it and opened too.
   *
   * @param path a GGUF file, version 2 or 3, little-endian
   * @return the open file
   * @throws IOException when a file cannot be read
   * @throws GgufException when a file is damaged or not GGUF
   */
  public static GgufFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      GgufFile file = open(path, arena);
      opened = true;
      return file;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static GgufFile open(Path path, Arena arena) throws IOException {
    List<Path> parts = SplitFiles.partsOf(path);
    List<GgufTensor> tensors = new ArrayList<>();
    GgufMetadata metadata = null;
    long size = 0;
    for (int i = 0; i < parts.size(); i++) {
      GgufParser.Parsed parsed = GgufParser.parse(parts.get(i), arena);
      SplitFiles.check(parsed.metadata(), parts, i);
      metadata = metadata == null ? parsed.metadata() : metadata;
      tensors.addAll(parsed.tensors());
      size += parsed.sizeBytes();
    }
    if (metadata == null) {
      throw new GgufException(path + ": no parts");
    }
    SplitFiles.checkTotal(metadata, parts, tensors.size());
    return new GgufFile(path, arena, metadata, tensors, size);
  }

  /**
   * Returns the path given to {@link #open}.
   *
   * @return the path
   */
  public Path path() {
    return path;
  }

  /**
   * Returns the key-value pairs; of a split model, those of its first file.
   *
   * @return the metadata
   */
  public GgufMetadata metadata() {
    return metadata;
  }

  /**
   * Returns all tensors in file order.
   *
   * @return immutable list
   */
  public List<GgufTensor> tensors() {
    return tensors;
  }

  /**
   * Looks a tensor up.
   *
   * @param name its name
   * @return the tensor, empty when there is none of that name
   */
  public Optional<GgufTensor> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * Returns a tensor that must be there.
   *
   * @param name its name
   * @return the tensor
   * @throws GgufException when there is none of that name
   */
  public GgufTensor require(String name) {
    GgufTensor tensor = byName.get(name);
    if (tensor == null) {
      throw new GgufException(
          path + ": tensor '" + name + "' is missing among " + tensors.size() + " tensors");
    }
    return tensor;
  }

  /**
   * Returns the size on disk.
   *
   * @return bytes of all parts
   */
  public long sizeBytes() {
    return sizeBytes;
  }

  /**
   * Reads all tensor data into the page cache, in file order. Takes milliseconds when it is there
   * already.
   *
   * @throws IllegalStateException when the file is closed
   */
  public void prefault() {
    for (GgufTensor tensor : tensors) {
      tensor.data().load();
    }
  }

  /** Ends the mapping. Idempotent. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
