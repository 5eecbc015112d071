package io.internvl.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects metadata and tensors and writes them as GGUF version 3.
 *
 * <p>Keys and tensors are written in the order they were given, tensor data back to back and
 * padded, as llama.cpp demands. Data is only read while writing. Not thread-safe.
 */
public final class GgufWriter {
  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
  private final List<PendingTensor> tensors = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  private GgufWriter() {}

  /**
   * Creates a writer without metadata and tensors.
   *
   * @return the writer
   */
  public static GgufWriter create() {
    return new GgufWriter();
  }

  /**
   * Sets a string.
   *
   * @param key the key; an earlier value is replaced
   * @param value the value
   * @return this
   */
  public GgufWriter put(String key, String value) {
    return put(key, GgufValueType.STRING, value);
  }

  /**
   * Sets a truth value.
   *
   * @param key the key; an earlier value is replaced
   * @param value the value
   * @return this
   */
  public GgufWriter put(String key, boolean value) {
    return put(key, GgufValueType.BOOL, value);
  }

  /**
   * Sets a u32, the type that llama.cpp expects of counts, sizes and ids.
   *
   * @param key the key; an earlier value is replaced
   * @param value the value, not negative
   * @return this
   */
  public GgufWriter put(String key, int value) {
    return put(key, GgufValueType.U32, value);
  }

  /**
   * Sets a u64.
   *
   * @param key the key; an earlier value is replaced
   * @param value the value, not negative
   * @return this
   */
  public GgufWriter put(String key, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "key '" + key + "': " + value + " is out of the range of type u64");
    }
    return put(key, GgufValueType.U64, value);
  }

  /**
   * Sets an f32.
   *
   * @param key the key; an earlier value is replaced
   * @param value the value
   * @return this
   */
  public GgufWriter put(String key, float value) {
    return put(key, GgufValueType.F32, value);
  }

  /**
   * Sets an array of strings.
   *
   * @param key the key; an earlier value is replaced
   * @param values the elements
   * @return this
   */
  public GgufWriter put(String key, List<String> values) {
    return put(key, GgufValueType.STRING, values);
  }

  /**
   * Sets an array of i32.
   *
   * @param key the key; an earlier value is replaced
   * @param values the elements
   * @return this
   */
  public GgufWriter put(String key, int[] values) {
    return put(key, GgufValueType.I32, values);
  }

  /**
   * Sets an array of f32.
   *
   * @param key the key; an earlier value is replaced
   * @param values the elements
   * @return this
   */
  public GgufWriter put(String key, float[] values) {
    return put(key, GgufValueType.F32, values);
  }

  /**
   * Sets a value or an array of any type.
   *
   * @param key the key; an earlier value is replaced
   * @param type type of the value or of the elements
   * @param value a boxed value, or an array or list of them; any integer type for integers as long
   *     as the value fits, of u64 the bits of a long
   * @return this
   * @throws IllegalArgumentException when the value does not fit the type, or the key is empty or
   *     one that {@link #writeSplit} sets
   */
  public GgufWriter put(String key, GgufValueType type, Object value) {
    if (key.isEmpty()) {
      throw new IllegalArgumentException("the key is empty");
    }
    if (SplitFiles.KEYS.contains(key)) {
      throw new IllegalArgumentException("key '" + key + "' is set by writeSplit");
    }
    GgufValue converted = GgufValue.of(key, type, value);
    boolean alignment = key.equals(TensorLayout.ALIGNMENT_KEY);
    if (alignment
        && (type != GgufValueType.U32
            || converted.array()
            || !TensorLayout.isAlignment((Long) converted.value()))) {
      throw new IllegalArgumentException(
          "key '" + key + "': " + value + " is no power of two up to 2^31 of type u32");
    }
    metadata.put(key, converted);
    return this;
  }

  /**
   * Copies all metadata of a file with their types, except what describes its splitting.
   *
   * @param source metadata of an open or closed file
   * @return this
   */
  public GgufWriter putAll(GgufMetadata source) {
    source
        .values()
        .forEach((key, value) -> {
          if (!SplitFiles.KEYS.contains(key)) {
            put(key, value.type(), value.value());
          }
        });
    return this;
  }

  /**
   * Removes a key if it is there.
   *
   * @param key the key
   * @return this
   */
  public GgufWriter remove(String key) {
    metadata.remove(key);
    return this;
  }

  /**
   * Sets the alignment of tensor data. Default 32.
   *
   * @param bytes a power of two
   * @return this
   * @throws IllegalArgumentException when it is none
   */
  public GgufWriter alignment(int bytes) {
    return put(TensorLayout.ALIGNMENT_KEY, bytes);
  }

  /**
   * Adds a tensor whose data is in memory or in a mapped file.
   *
   * @param name name, unique in the file, at most 63 bytes
   * @param type element encoding
   * @param shape up to 4 sizes, fastest-varying first
   * @param data exactly the tensor's bytes; must stay readable until the file is written
   * @return this
   * @throws IllegalArgumentException when the name is unfit or taken, or shape, type and data do
   *     not fit together
   */
  public GgufWriter tensor(String name, TensorType type, long[] shape, MemorySegment data) {
    PendingTensor tensor = PendingTensor.of(name, type, shape, TensorSource.of(data));
    if (data.byteSize() != tensor.bytes()) {
      throw new IllegalArgumentException(
          "tensor '"
              + name
              + "' has "
              + data.byteSize()
              + " bytes of data, "
              + type
              + " "
              + tensor.shape()
              + " takes "
              + tensor.bytes());
    }
    return add(tensor);
  }

  /**
   * Adds a tensor whose data is produced while writing.
   *
   * @param name name, unique in the file, at most 63 bytes
   * @param type element encoding
   * @param shape up to 4 sizes, fastest-varying first
   * @param source writes exactly the tensor's bytes
   * @return this
   * @throws IllegalArgumentException when the name is unfit or taken, or shape and type do not fit
   *     together
   */
  public GgufWriter tensor(String name, TensorType type, long[] shape, TensorSource source) {
    return add(PendingTensor.of(name, type, shape, source));
  }

  /**
   * Adds a tensor of another file, which must stay open until this one is written.
   *
   * @param tensor the tensor
   * @return this
   * @throws IllegalArgumentException when the name is taken
   */
  public GgufWriter tensor(GgufTensor tensor) {
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    return tensor(tensor.name(), tensor.type(), shape, tensor.data());
  }

  private GgufWriter add(PendingTensor tensor) {
    if (!names.add(tensor.name())) {
      throw new IllegalArgumentException("tensor '" + tensor.name() + "' was added already");
    }
    tensors.add(tensor);
    return this;
  }

  /**
   * Writes everything to one file. The file appears, or replaces an existing one, when it is
   * complete; so it may be one that tensors are copied from.
   *
   * @param path the file
   * @throws IOException when it cannot be written
   * @throws IllegalStateException when a source did not write exactly its tensor's bytes
   */
  public void writeTo(Path path) throws IOException {
    new FileImage(metadata, tensors).writeTo(path);
  }

  /**
   * Writes a split model: {@code prefix-00001-of-0000N.gguf} and so on. All metadata goes to the
   * first part.
   *
   * @param directory an existing directory
   * @param prefix begin of the file names
   * @param maxBytes limit for each file; a tensor that is larger gets a file of its own
   * @return the files in order
   * @throws IOException when a file cannot be written
   * @throws IllegalArgumentException when the limit is not positive or asks for more than 65,535
   *     parts
   * @throws IllegalStateException when a source did not write exactly its tensor's bytes
   */
  public List<Path> writeSplit(Path directory, String prefix, long maxBytes) throws IOException {
    List<FileImage> parts = SplitPlan.of(metadata, tensors, maxBytes);
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Path path = directory.resolve(SplitFiles.name(prefix, i + 1, parts.size()));
      parts.get(i).writeTo(path);
      paths.add(path);
    }
    return List.copyOf(paths);
  }
}
