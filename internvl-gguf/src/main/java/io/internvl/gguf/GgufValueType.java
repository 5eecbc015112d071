package io.internvl.gguf;

import java.util.Locale;
import java.util.Optional;

/** The types of metadata values and of the elements of metadata arrays. */
public enum GgufValueType {
  /** Unsigned 8-bit integer. */
  U8(0, 1, short.class),
  /** Signed 8-bit integer. */
  I8(1, 1, byte.class),
  /** Unsigned 16-bit integer. */
  U16(2, 2, int.class),
  /** Signed 16-bit integer. */
  I16(3, 2, short.class),
  /** Unsigned 32-bit integer. */
  U32(4, 4, long.class),
  /** Signed 32-bit integer. */
  I32(5, 4, int.class),
  /** IEEE 754 binary32. */
  F32(6, 4, float.class),
  /** Truth value. */
  BOOL(7, 1, boolean.class),
  /** UTF-8 text. */
  STRING(8, 8, String.class),
  /** Unsigned 64-bit integer. */
  U64(10, 8, long.class),
  /** Signed 64-bit integer. */
  I64(11, 8, long.class),
  /** IEEE 754 binary64. */
  F64(12, 8, double.class);

  /** The type id that announces an array; its element type follows. */
  static final int ARRAY_ID = 9;

  private static final GgufValueType[] BY_ID = byId();

  private final int id;
  private final int minimumBytes;
  private final Class<?> javaType;

  GgufValueType(int id, int minimumBytes, Class<?> javaType) {
    this.id = id;
    this.minimumBytes = minimumBytes;
    this.javaType = javaType;
  }

  static Optional<GgufValueType> ofId(int id) {
    return id < 0 || id >= BY_ID.length ? Optional.empty() : Optional.ofNullable(BY_ID[id]);
  }

  int id() {
    return id;
  }

  /** Size of a value in a file; of a string, the size of its length field. */
  int minimumBytes() {
    return minimumBytes;
  }

  /** The type that holds a value in Java: the next larger one for unsigned integers. */
  Class<?> javaType() {
    return javaType;
  }

  boolean isInteger() {
    return switch (this) {
      case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
      case F32, F64, BOOL, STRING -> false;
    };
  }

  /** Says whether an integer type can hold a value; of u64, the bits are taken as they are. */
  boolean holds(long value) {
    int bits = 8 * minimumBytes;
    return switch (this) {
      case U8, U16, U32 -> value >>> bits == 0;
      case I8, I16, I32 -> value << (64 - bits) >> (64 - bits) == value;
      case U64, I64 -> true;
      case F32, F64, BOOL, STRING -> false;
    };
  }

  /**
   * Returns the name used in messages.
   *
   * @return such as {@code u32} or {@code string}
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static GgufValueType[] byId() {
    GgufValueType[] table = new GgufValueType[13];
    for (GgufValueType type : values()) {
      table[type.id] = type;
    }
    return table;
  }
}
