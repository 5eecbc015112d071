package io.internvl.gguf;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The typed key-value pairs of a file. Immutable and thread-safe.
 *
 * <p>Writers differ in the integer types they choose, so any integer type is accepted where an
 * integer is asked for, and both float types where a float is.
 */
public final class GgufMetadata {
  private final Path file;
  private final Map<String, Object> values;

  GgufMetadata(Path file, Map<String, Object> values) {
    this.file = file;
    this.values = Collections.unmodifiableMap(values);
  }

  /**
   * Returns the keys in file order.
   *
   * @return immutable set
   */
  public Set<String> keys() {
    return values.keySet();
  }

  /**
   * Says whether a key is there.
   *
   * @param key the key
   * @return true when it has a value
   */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /**
   * Returns a value of any type, for inspection: Byte, Short, Integer or Long (unsigned types
   * widened to the next larger one, u64 as Long), Float, Double, Boolean, String, or an array
   * {@code byte[] short[] int[] long[] float[] double[] boolean[] String[]}.
   *
   * @param key the key
   * @return the value; arrays are not to be changed
   */
  public Optional<Object> value(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /**
   * Returns a string.
   *
   * @param key the key
   * @return the value
   * @throws GgufException when the key is missing or of another type
   */
  public String string(String key) {
    return as(key, String.class, "string");
  }

  /**
   * Returns a string.
   *
   * @param key the key
   * @param absent result when the key is missing
   * @return the value
   * @throws GgufException when the key is of another type
   */
  public String string(String key, String absent) {
    return has(key) ? string(key) : absent;
  }

  /**
   * Returns an integer of any type.
   *
   * @param key the key
   * @return the value
   * @throws GgufException when the key is missing or of another type
   */
  public long integer(String key) {
    Object value = require(key);
    if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    throw wrongType(key, "integer");
  }

  /**
   * Returns an integer of any type.
   *
   * @param key the key
   * @param absent result when the key is missing
   * @return the value
   * @throws GgufException when the key is of another type
   */
  public long integer(String key, long absent) {
    return has(key) ? integer(key) : absent;
  }

  /**
   * Returns an integer that fits into an int.
   *
   * @param key the key
   * @return the value
   * @throws GgufException when the key is missing, of another type or out of range
   */
  public int int32(String key) {
    long value = integer(key);
    if (value != (int) value) {
      throw new GgufException(
          file
              + ": key '"
              + key
              + "' is "
              + Long.toUnsignedString(value)
              + ", expected a 32-bit integer");
    }
    return (int) value;
  }

  /**
   * Returns an integer that fits into an int.
   *
   * @param key the key
   * @param absent result when the key is missing
   * @return the value
   * @throws GgufException when the key is of another type or out of range
   */
  public int int32(String key, int absent) {
    return has(key) ? int32(key) : absent;
  }

  /**
   * Returns a float of either type.
   *
   * @param key the key
   * @return the value
   * @throws GgufException when the key is missing or of another type
   */
  public float float32(String key) {
    Object value = require(key);
    if (value instanceof Float || value instanceof Double) {
      return ((Number) value).floatValue();
    }
    throw wrongType(key, "float");
  }

  /**
   * Returns a float of either type.
   *
   * @param key the key
   * @param absent result when the key is missing
   * @return the value
   * @throws GgufException when the key is of another type
   */
  public float float32(String key, float absent) {
    return has(key) ? float32(key) : absent;
  }

  /**
   * Returns a truth value.
   *
   * @param key the key
   * @param absent result when the key is missing
   * @return the value
   * @throws GgufException when the key is of another type
   */
  public boolean bool(String key, boolean absent) {
    return has(key) ? as(key, Boolean.class, "bool") : absent;
  }

  /**
   * Returns an array of strings.
   *
   * @param key the key
   * @return immutable list
   * @throws GgufException when the key is missing or of another type
   */
  public List<String> strings(String key) {
    return Collections.unmodifiableList(Arrays.asList(as(key, String[].class, "array of strings")));
  }

  /**
   * Returns an array of integers of any type.
   *
   * @param key the key
   * @return a copy
   * @throws GgufException when the key is missing, of another type or a value out of range
   */
  public int[] ints(String key) {
    Object value = require(key);
    return switch (value) {
      case int[] ints -> ints.clone();
      case byte[] bytes -> {
        int[] copy = new int[bytes.length];
        Arrays.setAll(copy, i -> bytes[i]);
        yield copy;
      }
      case short[] shorts -> {
        int[] copy = new int[shorts.length];
        Arrays.setAll(copy, i -> shorts[i]);
        yield copy;
      }
      case long[] longs -> Arrays.stream(longs).mapToInt(Math::toIntExact).toArray();
      default -> throw wrongType(key, "array of integers");
    };
  }

  /**
   * Returns an array of floats.
   *
   * @param key the key
   * @return a copy
   * @throws GgufException when the key is missing or of another type
   */
  public float[] floats(String key) {
    return as(key, float[].class, "array of f32").clone();
  }

  private Object require(String key) {
    Object value = values.get(key);
    if (value == null) {
      throw new GgufException(file + ": key '" + key + "' is missing");
    }
    return value;
  }

  private <T> T as(String key, Class<T> type, String wanted) {
    Object value = require(key);
    if (!type.isInstance(value)) {
      throw wrongType(key, wanted);
    }
    return type.cast(value);
  }

  private GgufException wrongType(String key, String wanted) {
    Object value = require(key);
    return new GgufException(
        file
            + ": key '"
            + key
            + "' is of type "
            + value.getClass().getSimpleName()
            + ", expected "
            + wanted);
  }
}
