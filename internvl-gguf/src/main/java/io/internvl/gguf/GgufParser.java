package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the header of one file. Every count and length is checked against the bytes that are left
 * before anything of that size is allocated.
 */
final class GgufParser {
  private static final int MAGIC = 0x46554747; // "GGUF" read as a little-endian integer
  private static final int HEADER_BYTES = 4 + 4 + 8 + 8;
  private static final int MIN_PAIR_BYTES = 8 + 1 + 4 + 1;
  private static final int MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

  record Parsed(GgufMetadata metadata, List<GgufTensor> tensors, MemorySegment mapped) {}

  private final Path path;
  private final MemorySegment file;
  private final GgufInput in;

  private GgufParser(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
    this.in = new GgufInput(path, file);
  }

  static Parsed parse(Path path, Arena arena) throws IOException {
    if (Files.isDirectory(path)) {
      throw new FileSystemException(path.toString(), null, "a directory, expected a GGUF file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES) {
        throw new GgufException(
            path + ": " + size + " bytes, too short for the GGUF header of " + HEADER_BYTES);
      }
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return new GgufParser(path, mapped).parse();
    }
  }

  private Parsed parse() {
    readVersion();
    long tensorCount = in.count("the tensor count", MIN_TENSOR_BYTES, Integer.MAX_VALUE);
    long pairCount = in.count("the key count", MIN_PAIR_BYTES, Integer.MAX_VALUE);
    Map<String, GgufValue> pairs = new LinkedHashMap<>();
    for (long i = 0; i < pairCount; i++) {
      readPair(pairs);
    }
    GgufMetadata metadata = new GgufMetadata(path, pairs);
    List<TensorInfo> infos = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < tensorCount; i++) {
      infos.add(readInfo(names));
    }
    DataSection data = new DataSection(path, file, in.position(), alignment(metadata));
    return new Parsed(metadata, data.place(infos), file);
  }

  private void readVersion() {
    int magic = in.u32("the magic");
    if (magic != MAGIC) {
      throw fail(
          String.format(
              "starts with the bytes %08x, expected 47475546 ('GGUF'); this is not a GGUF file",
              Integer.reverseBytes(magic)));
    }
    int version = in.u32("the version");
    if ((version & 0xFFFF) == 0 && version != 0) {
      throw fail(
          "big-endian GGUF (version field "
              + String.format("0x%08x", version)
              + " at offset 4) is not supported; convert the file to little-endian");
    }
    if (version != 2 && version != 3) {
      throw fail(
          "GGUF version "
              + Integer.toUnsignedString(version)
              + " at offset 4, supported are 2 and 3; convert the model again");
    }
  }

  private void readPair(Map<String, GgufValue> pairs) {
    long at = in.position();
    String key = in.string("the length of a key");
    if (key.isEmpty()) {
      throw fail("the key at offset " + at + " is empty");
    }
    if (pairs.containsKey(key)) {
      throw fail("key " + GgufException.quoted(key) + " occurs twice, again at offset " + at);
    }
    pairs.put(key, in.value(key));
  }

  private TensorInfo readInfo(Set<String> names) {
    long at = in.position();
    String name = in.string("the length of a tensor name");
    String tensor = "tensor " + GgufException.quoted(name) + " at offset " + at;
    int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes == 0 || nameBytes > TensorLayout.LONGEST_NAME_BYTES) {
      throw fail(
          tensor
              + " has a name of "
              + nameBytes
              + " bytes, allowed are 1 to "
              + TensorLayout.LONGEST_NAME_BYTES);
    }
    if (!names.add(name)) {
      throw fail(tensor + " has the name of an earlier tensor");
    }
    int rank = in.u32("the rank of " + tensor);
    if (rank < 0 || rank > TensorLayout.MAX_DIMENSIONS) {
      throw fail(
          tensor
              + " has "
              + Integer.toUnsignedString(rank)
              + " dimensions, allowed are 0 to "
              + TensorLayout.MAX_DIMENSIONS);
    }
    List<Long> shape = new ArrayList<>(rank);
    for (int i = 0; i < rank; i++) {
      shape.add(in.i64("the shape of " + tensor));
    }
    TensorType type = type(in.u32("the type of " + tensor), tensor);
    long offset = in.i64("the data offset of " + tensor);
    return new TensorInfo(name, type, shape, offset, byteSize(type, shape, tensor));
  }

  private TensorType type(int id, String tensor) {
    return TensorType.ofId(id)
        .orElseThrow(() ->
            fail(
                tensor
                    + " has the unknown type "
                    + Integer.toUnsignedString(id)
                    + ", known are ggml's "
                    + TensorType.F32.id()
                    + " to "
                    + TensorType.Q2_0.id()
                    + " without withdrawn ones; quantise the model to another type"));
  }

  private long byteSize(TensorType type, List<Long> shape, String tensor) {
    try {
      return TensorLayout.byteSize(type, shape);
    } catch (IllegalArgumentException e) {
      throw fail(tensor + " has " + e.getMessage());
    }
  }

  private long alignment(GgufMetadata metadata) {
    long alignment = metadata.integer(TensorLayout.ALIGNMENT_KEY, TensorLayout.DEFAULT_ALIGNMENT);
    if (!TensorLayout.isAlignment(alignment)) {
      throw fail(
          "key '"
              + TensorLayout.ALIGNMENT_KEY
              + "' is "
              + alignment
              + ", expected a power of two up to 2^31");
    }
    return alignment;
  }

  private GgufException fail(String message) {
    return new GgufException(path + ": " + message);
  }
}
