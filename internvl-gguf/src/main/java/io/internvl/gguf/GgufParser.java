package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
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
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;
  private static final int MIN_PAIR_BYTES = 8 + 1 + 4 + 1;
  private static final int MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

  record Parsed(GgufMetadata metadata, List<GgufTensor> tensors, long sizeBytes) {}

  private final Path path;
  private final MemorySegment file;
  private final GgufInput in;

  private GgufParser(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
    this.in = new GgufInput(path, file);
  }

  static Parsed parse(Path path, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 24) {
        throw new GgufException(path + ": " + size + " bytes, too short for a GGUF header");
      }
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      return new GgufParser(path, mapped).parse();
    }
  }

  private Parsed parse() {
    readVersion();
    long tensorCount = in.count("tensor count", MIN_TENSOR_BYTES);
    long pairCount = in.count("key count", MIN_PAIR_BYTES);
    Map<String, Object> pairs = new LinkedHashMap<>();
    for (long i = 0; i < pairCount; i++) {
      readPair(pairs);
    }
    GgufMetadata metadata = new GgufMetadata(path, pairs);
    List<TensorInfo> infos = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < tensorCount; i++) {
      TensorInfo info = readInfo();
      if (!names.add(info.name)) {
        throw fail("tensor '" + info.name + "' occurs twice");
      }
      infos.add(info);
    }
    return new Parsed(metadata, tensors(infos, alignment(metadata)), file.byteSize());
  }

  private void readVersion() {
    int magic = in.u32("magic");
    if (magic != 0x46554747) {
      throw fail(
          String.format("starts with 0x%08x, expected 'GGUF'; this is not a GGUF file", magic));
    }
    int version = in.u32("version");
    if ((version & 0xFFFF) == 0 && version != 0) {
      throw fail("big-endian GGUF is not supported; convert it to little-endian");
    }
    if (version != 2 && version != 3) {
      throw fail("GGUF version " + Integer.toUnsignedString(version) + ", supported are 2 and 3");
    }
  }

  private void readPair(Map<String, Object> pairs) {
    long at = in.position();
    String key = in.string("a key");
    if (key.isEmpty()) {
      throw fail("empty key at offset " + at);
    }
    if (pairs.containsKey(key)) {
      throw fail("key '" + key + "' occurs twice, again at offset " + at);
    }
    pairs.put(key, in.value(key));
  }

  private record TensorInfo(String name, TensorType type, List<Long> shape, long offset) {}

  private TensorInfo readInfo() {
    long at = in.position();
    String name = in.string("a tensor name");
    int rank = in.u32("the rank of tensor '" + name + "'");
    if (rank < 0 || rank > MAX_DIMENSIONS) {
      throw fail(
          "tensor '"
              + name
              + "' at offset "
              + at
              + " has "
              + Integer.toUnsignedString(rank)
              + " dimensions, allowed are 0 to "
              + MAX_DIMENSIONS);
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      shape.add(in.i64("the shape of tensor '" + name + "'"));
    }
    int typeId = in.u32("the type of tensor '" + name + "'");
    TensorType type =
        TensorType.ofId(typeId)
            .orElseThrow(() ->
                fail(
                    "tensor '"
                        + name
                        + "' has the unknown type "
                        + Integer.toUnsignedString(typeId)));
    return new TensorInfo(name, type, shape, in.i64("the offset of tensor '" + name + "'"));
  }

  private int alignment(GgufMetadata metadata) {
    int alignment = metadata.int32("general.alignment", DEFAULT_ALIGNMENT);
    if (alignment < 1 || Integer.bitCount(alignment) != 1) {
      throw fail("key 'general.alignment' is " + alignment + ", expected a power of two");
    }
    return alignment;
  }

  private List<GgufTensor> tensors(List<TensorInfo> infos, int alignment) {
    long start = Math.ceilDiv(in.position(), alignment) * (long) alignment;
    List<GgufTensor> tensors = new ArrayList<>(infos.size());
    for (TensorInfo info : infos) {
      long bytes = byteSize(info);
      boolean inFile =
          info.offset >= 0
              && start <= file.byteSize()
              && info.offset <= file.byteSize() - start
              && bytes <= file.byteSize() - start - info.offset;
      if (!inFile) {
        throw fail(
            "tensor '"
                + info.name
                + "' of "
                + bytes
                + " bytes at data offset "
                + Long.toUnsignedString(info.offset)
                + " reaches beyond the file's "
                + file.byteSize()
                + " bytes; the file is truncated");
      }
      if (info.offset % alignment != 0) {
        throw fail(
            "tensor '"
                + info.name
                + "' is at data offset "
                + info.offset
                + ", not a multiple of the alignment "
                + alignment);
      }
      MemorySegment data = file.asSlice(start + info.offset, bytes);
      tensors.add(new GgufTensor(info.name, info.type, info.shape, data));
    }
    checkOverlap(infos);
    return tensors;
  }

  private long byteSize(TensorInfo info) {
    long elements = 1;
    for (long size : info.shape) {
      if (size < 0) {
        throw fail("tensor '" + info.name + "' has the negative size " + size);
      }
      if (size != 0 && elements > Long.MAX_VALUE / size) {
        throw fail("tensor '" + info.name + "' has too many elements: " + info.shape);
      }
      elements *= size;
    }
    long cols = info.shape.isEmpty() ? 1 : info.shape.get(0);
    if (cols % info.type.blockSize() != 0) {
      throw fail(
          "tensor '"
              + info.name
              + "' has rows of "
              + cols
              + " elements, not a multiple of "
              + info.type
              + "'s block of "
              + info.type.blockSize());
    }
    long blocks = elements / info.type.blockSize();
    if (blocks > Long.MAX_VALUE / info.type.blockBytes()) {
      throw fail("tensor '" + info.name + "' has too many elements: " + info.shape);
    }
    return info.type.byteSize(elements);
  }

  private void checkOverlap(List<TensorInfo> infos) {
    List<TensorInfo> sorted = new ArrayList<>(infos);
    sorted.sort((a, b) -> Long.compare(a.offset, b.offset));
    long end = 0;
    String previous = "";
    for (TensorInfo info : sorted) {
      long bytes = byteSize(info);
      if (info.offset < end && bytes > 0) {
        throw fail(
            "tensors '"
                + previous
                + "' and '"
                + info.name
                + "' overlap at data offset "
                + info.offset);
      }
      if (bytes > 0) {
        end = info.offset + bytes;
        previous = info.name;
      }
    }
  }

  private GgufException fail(String message) {
    return new GgufException(path + ": " + message);
  }
}
