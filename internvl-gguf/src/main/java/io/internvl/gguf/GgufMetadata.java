package io.internvl.gguf;

import java.lang.reflect.Array;
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
  private final Map<String, GgufValue> values;

  GgufMetadata(Path file, Map<String, GgufValue> values) {
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
   * widened to the next larger one, u64 as the bits of a Long), Float, Double, Boolean, String, or
   * an array {@code byte[] short[] int[] long[] float[] double[] boolean[] String[]}.
   *
   * @param key the key
   * @return the value, a copy of an array; empty when the key is missing
   */
  public Optional<Object> value(String key) {
    return Optional.ofNullable(values.get(key)).map(GgufValue::copy);
  }

  /**
   * Returns the type of a value, or of the elements of an array.
   *
   * @param key the key
   * @return the type
   * @throws GgufException when the key is missing
   */
  public GgufValueType type(String key) {
    return require(key).type();
  }

  /**
   * Says whether a value is an array.
   *
   * @param key the key
   * @return true for arrays, also empty ones
   * @throws GgufException when the key is missing
   */
  public boolean isArray(String key) {
    return require(key).array();
  }

  /**
   * Returns a string.
   *
   * @param key the key
   * @return the value
   * @throws GgufException when the key is missing or of another type
   */
  public String string(String key) {
    return (String) scalar(key, GgufValueType.STRING);
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
    GgufValue value = require(key);
    if (value.array() || !value.type().isInteger()) {
      throw wrongType(key, "an integer");
    }
    return checked(key, value.type(), ((Number) value.value()).longValue(), Long.MAX_VALUE);
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
    return (int) checked(key, GgufValueType.I64, integer(key), Integer.MAX_VALUE);
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
    GgufValue value = require(key);
    if (value.array() || !isFloat(value.type())) {
      throw wrongType(key, "a float");
    }
    return ((Number) value.value()).floatValue();
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
    return has(key) ? (Boolean) scalar(key, GgufValueType.BOOL) : absent;
  }

  /**
   * Returns an array of strings.
   *
   * @param key the key
   * @return immutable list
   * @throws GgufException when the key is missing or of another type
   */
  public List<String> strings(String key) {
    GgufValue value = require(key);
    if (!value.array() || value.type() != GgufValueType.STRING) {
      throw wrongType(key, "an array of strings");
    }
    return Collections.unmodifiableList(Arrays.asList((String[]) value.value()));
  }

  /**
   * Returns an array of integers of any type.
   *
   * @param key the key
   * @return a copy
   * @throws GgufException when the key is missing, of another type or an element is out of range
   */
  public int[] ints(String key) {
    GgufValue value = require(key);
    if (!value.array() || !value.type().isInteger()) {
      throw wrongType(key, "an array of integers");
    }
    int[] ints = new int[value.length()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] =
          (int) checked(key, value.type(), Array.getLong(value.value(), i), Integer.MAX_VALUE);
    }
    return ints;
  }

  /**
   * Returns an array of floats of either type.
   *
   * @param key the key
   * @return a copy
   * @throws GgufException when the key is missing or of another type
   */
  public float[] floats(String key) {
    GgufValue value = require(key);
    if (!value.array() || !isFloat(value.type())) {
      throw wrongType(key, "an array of floats");
    }
    float[] floats = new float[value.length()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) Array.getDouble(value.value(), i);
    }
    return floats;
  }

  /** The typed values in file order. */
  Map<String, GgufValue> values() {
    return values;
  }

  private static boolean isFloat(GgufValueType type) {
    return type == GgufValueType.F32 || type == GgufValueType.F64;
  }

  private Object scalar(String key, GgufValueType type) {
    GgufValue value = require(key);
    if (value.array() || value.type() != type) {
      throw wrongType(key, "a " + type.label());
    }
    return value.value();
  }

  private long checked(String key, GgufValueType type, long value, long limit) {
    boolean huge = type == GgufValueType.U64 && value < 0;
    if (huge || value > limit || value < -limit - 1) {
      throw new GgufException(
          file
              + ": key "
              + GgufException.quoted(key)
              + " is "
              + (huge ? Long.toUnsignedString(value) : Long.toString(value))
              + ", allowed are "
              + (-limit - 1)
              + " to "
              + limit);
    }
    return value;
  }

  private GgufValue require(String key) {
    GgufValue value = values.get(key);
    if (value == null) {
      throw new GgufException(file + ": key " + GgufException.quoted(key) + " is missing");
    }
    return value;
  }

  private GgufException wrongType(String key, String wanted) {
    return new GgufException(
        file
            + ": key "
            + GgufException.quoted(key)
            + " is of type "
            + require(key).typeText()
            + ", expected "
            + wanted);
  }
}
