package io.internvl.gguf;

import java.lang.reflect.Array;
import java.util.List;

/**
 * One metadata value with its type. Scalars are boxed, arrays are arrays of {@link
 * GgufValueType#javaType}.
 */
record GgufValue(GgufValueType type, boolean array, Object value) {

  /** Converts what a caller gave to the representation of a type. */
  static GgufValue of(String key, GgufValueType type, Object value) {
    Object given = value instanceof List<?> list ? list.toArray() : value;
    if (!given.getClass().isArray()) {
      return new GgufValue(type, false, scalar(key, type, given));
    }
    int length = Array.getLength(given);
    Object elements = Array.newInstance(type.javaType(), length);
    for (int i = 0; i < length; i++) {
      Array.set(elements, i, scalar(key, type, Array.get(given, i)));
    }
    return new GgufValue(type, true, elements);
  }

  private static Object scalar(String key, GgufValueType type, Object value) {
    boolean integral =
        value instanceof Long
            || value instanceof Integer
            || value instanceof Short
            || value instanceof Byte;
    if (integral && type.isInteger()) {
      return integer(key, type, ((Number) value).longValue());
    }
    boolean fits =
        switch (type) {
          case F32 -> value instanceof Float;
          case F64 -> value instanceof Double || value instanceof Float;
          case BOOL -> value instanceof Boolean;
          case STRING -> value instanceof String;
          default -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "key '"
              + key
              + "': "
              + value.getClass().getSimpleName()
              + " is no value of type "
              + type.label());
    }
    return type == GgufValueType.F64 ? (Object) ((Number) value).doubleValue() : value;
  }

  private static Object integer(String key, GgufValueType type, long value) {
    if (!type.holds(value)) {
      throw new IllegalArgumentException(
          "key '" + key + "': " + value + " is out of the range of type " + type.label());
    }
    return switch (type) {
      case I8 -> (byte) value;
      case U8, I16 -> (short) value;
      case U16, I32 -> (int) value;
      default -> value;
    };
  }

  /** The value for callers: arrays are copied. */
  Object copy() {
    if (!array) {
      return value;
    }
    int length = length();
    Object copy = Array.newInstance(type.javaType(), length);
    System.arraycopy(value, 0, copy, 0, length);
    return copy;
  }

  int length() {
    return Array.getLength(value);
  }

  String typeText() {
    return array ? "array of " + type.label() : type.label();
  }
}
