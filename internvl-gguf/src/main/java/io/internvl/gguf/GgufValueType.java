package io.internvl.gguf;

/** Ids of metadata value types. */
final class GgufValueType {
  static final int U8 = 0;
  static final int I8 = 1;
  static final int U16 = 2;
  static final int I16 = 3;
  static final int U32 = 4;
  static final int I32 = 5;
  static final int F32 = 6;
  static final int BOOL = 7;
  static final int STRING = 8;
  static final int ARRAY = 9;
  static final int U64 = 10;
  static final int I64 = 11;
  static final int F64 = 12;

  private GgufValueType() {}

  /** Smallest size of a value in bytes, 0 for unknown types. */
  static int width(int type) {
    return switch (type) {
      case U8, I8, BOOL -> 1;
      case U16, I16 -> 2;
      case U32, I32, F32 -> 4;
      case U64, I64, F64, STRING -> 8;
      case ARRAY -> 12;
      default -> 0;
    };
  }
}
