package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/**
 * An open, memory-mapped model file, or all files of a split model.
 *
 * <p>Opening reads the header only; tensor data stays in the file and is paged in by the operating
 * system when it is read. Thread-safe. {@link #close} ends the mapping: from then on tensors cannot
 * be looked up, and reading the data of one throws {@link IllegalStateException}. Metadata lives on
 * the heap and stays readable.
 */
public final class GgufFile implements AutoCloseable {
  private static final long PREFAULT_BYTES = 16L << 20;
  private static final long STOPPED = Long.MIN_VALUE;

  private final Path path;
  private final Arena arena;
  private final List<Path> parts;
  private final List<MemorySegment> mappings = new ArrayList<>();
  private final GgufMetadata metadata;
  private final List<GgufTensor> tensors;
  private final Map<String, GgufTensor> byName = new HashMap<>();

  private volatile boolean closed;

  private GgufFile(Path path, Arena arena) throws IOException {
    this.path = path;
    this.arena = arena;
    parts = List.copyOf(SplitFiles.partsOf(path));
    List<GgufTensor> all = new ArrayList<>();
    List<GgufMetadata> metadatas = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      GgufParser.Parsed parsed = GgufParser.parse(parts.get(i), arena);
      SplitFiles.check(parsed.metadata(), parts, i);
      metadatas.add(parsed.metadata());
      mappings.add(parsed.mapped());
      for (GgufTensor tensor : parsed.tensors()) {
        index(tensor, parts.get(i));
        all.add(tensor);
      }
    }
    metadata = metadatas.getFirst();
    tensors = List.copyOf(all);
    SplitFiles.checkTotal(metadata, parts, tensors.size());
  }

  private void index(GgufTensor tensor, Path part) {
    if (byName.putIfAbsent(tensor.name(), tensor) != null) {
      throw new GgufException(
          part
              + ": tensor "
              + GgufException.quoted(tensor.name())
              + " is in an earlier part of the model already");
    }
  }

  /**
   * Opens a file. If its name says that it is one of several ({@code -00001-of-00003.gguf}), the
   * others are looked for beside it and opened too; any of them may be given.
   *
   * @param path a GGUF file, version 2 or 3, little-endian
   * @return the open file
   * @throws IOException when a file cannot be read
   * @throws GgufException when a file is damaged or not GGUF, or a part is missing
   */
  public static GgufFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      GgufFile file = new GgufFile(path, arena);
      opened = true;
      return file;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
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
   * Returns the files that make up the model.
   *
   * @return immutable list in order, one path unless the model is split
   */
  public List<Path> parts() {
    return parts;
  }

  /**
   * Returns the key-value pairs; of a split model, those of its first file.
   *
   * @return the metadata, readable after {@link #close} too
   */
  public GgufMetadata metadata() {
    return metadata;
  }

  /**
   * Returns all tensors in file order.
   *
   * @return immutable list
   * @throws IllegalStateException when the file is closed
   */
  public List<GgufTensor> tensors() {
    requireOpen();
    return tensors;
  }

  /**
   * Looks a tensor up.
   *
   * @param name its name
   * @return the tensor, empty when there is none of that name
   * @throws IllegalStateException when the file is closed
   */
  public Optional<GgufTensor> find(String name) {
    requireOpen();
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * Returns a tensor that must be there.
   *
   * @param name its name
   * @return the tensor
   * @throws GgufException when there is none of that name
   * @throws IllegalStateException when the file is closed
   */
  public GgufTensor require(String name) {
    return find(name)
        .orElseThrow(() ->
            new GgufException(
                path
                    + ": tensor "
                    + GgufException.quoted(name)
                    + " is missing among "
                    + tensors.size()
                    + " tensors"));
  }

  /**
   * Returns the size on disk.
   *
   * @return bytes of all parts
   */
  public long sizeBytes() {
    long bytes = 0;
    for (MemorySegment mapping : mappings) {
      bytes += mapping.byteSize();
    }
    return bytes;
  }

  /**
   * Reads the model into the page cache, from first to last byte. Takes milliseconds when it is
   * there already. Of a model larger than free memory, the end displaces the beginning.
   *
   * @throws IllegalStateException when the file is closed, also while this runs
   */
  public void prefault() {
    prefault(done -> true);
  }

  /**
   * Reads the model into the page cache, from first to last byte, until told to stop.
   *
   * @param goOn called after each stretch with the number of bytes read so far; answers whether to
   *     go on
   * @throws IllegalStateException when the file is closed, also while this runs
   */
  public void prefault(LongPredicate goOn) {
    prefault(tensor -> true, goOn);
  }

  /**
   * Reads the model into the page cache without some tensors.
   *
   * @param wanted answers whether a tensor is to be read
   * @param goOn called after each stretch with the number of bytes read so far; answers whether to
   *     go on
   * @throws IllegalStateException when the file is closed, also while this runs
   */
  public void prefault(Predicate<GgufTensor> wanted, LongPredicate goOn) {
    List<MemorySegment> gaps =
        tensors().stream()
            .filter(wanted.negate())
            .map(GgufTensor::data)
            .sorted(Comparator.comparingLong(MemorySegment::address))
            .toList();
    long done = 0;
    for (MemorySegment mapping : mappings) {
      long at = 0;
      for (MemorySegment gap : gaps) {
        long start = gap.address() - mapping.address();
        if (start >= 0 && start < mapping.byteSize()) {
          done = prefault(mapping, at, start, done, goOn);
          at = start + gap.byteSize();
        }
      }
      done = prefault(mapping, at, mapping.byteSize(), done, goOn);
    }
  }

  /** Returns how much has been read then, a negative number when there is to be no more. */
  private long prefault(
      MemorySegment mapping, long from, long end, long before, LongPredicate goOn) {
    long done = before;
    for (long at = from; at < end && done >= 0; at += PREFAULT_BYTES) {
      requireOpen();
      long bytes = Math.min(PREFAULT_BYTES, end - at);
      mapping.asSlice(at, bytes).load();
      done += bytes;
      done = goOn.test(done) ? done : STOPPED;
    }
    return done;
  }

  /**
   * Opens a way to read tensors that leaves the mapping alone.
   *
   * @return a reader, to be closed by the caller
   * @throws IOException when a file cannot be opened any more
   * @throws IllegalStateException when the file is closed
   */
  public TensorReader newReader() throws IOException {
    requireOpen();
    return TensorReader.open(parts, mappings);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(path + ": the file is closed");
    }
  }

  /**
   * Ends the mapping. Idempotent.
   *
   * @throws IllegalStateException when the data of a tensor takes part in file or network I/O at
   *     this moment; closing can be tried again
   */
  @Override
  public synchronized void close() {
    if (!closed) {
      arena.close();
      closed = true;
    }
  }
}
