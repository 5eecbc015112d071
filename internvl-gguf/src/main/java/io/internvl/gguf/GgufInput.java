package io.internvl.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Sequential reading of little-endian header fields with bounds checks. */
final class GgufInput {
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final MemorySegment file;
  private long position;

  GgufInput(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
  }

  long position() {
    return position;
  }

  private long take(long bytes, String what) {
    if (bytes > file.byteSize() - position) {
      throw fail(
          what
              + " at offset "
              + position
              + " needs "
              + bytes
              + " bytes, but the file ends at "
              + file.byteSize());
    }
    long at = position;
    position += bytes;
    return at;
  }

  int u32(String what) {
    return file.get(U32, take(4, what));
  }

  long i64(String what) {
    return file.get(U64, take(8, what));
  }

  /** Reads a count of items that take at least a known number of bytes each. */
  long count(String what, int minimumBytes) {
    long at = position;
    long count = i64(what);
    long most = (file.byteSize() - position) / minimumBytes;
    if (count < 0 || count > most) {
      throw fail(
          what
              + " at offset "
              + at
              + " is "
              + Long.toUnsignedString(count)
              + ", but the rest of the file has room for at most "
              + most);
    }
    return count;
  }

  String string(String what) {
    long at = position;
    int length = checkedLength(count("the length of " + what, 1), what, at);
    byte[] bytes = new byte[length];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, take(length, what), bytes, 0, length);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private int checkedLength(long length, String what, long at) {
    if (length > Integer.MAX_VALUE - 8) {
      throw fail(what + " at offset " + at + " has the length " + length + ", limit 2^31 - 9");
    }
    return (int) length;
  }

  /** Reads a type id and a value of that type. */
  Object value(String key) {
    long at = position;
    int type = u32("the type of key '" + key + "'");
    String what = "the value of key '" + key + "'";
    if (type == GgufValueType.ARRAY) {
      return array(key, what);
    }
    return switch (type) {
      case GgufValueType.U8 -> (short) (file.get(ValueLayout.JAVA_BYTE, take(1, what)) & 0xFF);
      case GgufValueType.I8 -> file.get(ValueLayout.JAVA_BYTE, take(1, what));
      case GgufValueType.U16 -> file.get(U16, take(2, what)) & 0xFFFF;
      case GgufValueType.I16 -> file.get(U16, take(2, what));
      case GgufValueType.U32 -> Integer.toUnsignedLong(u32(what));
      case GgufValueType.I32 -> u32(what);
      case GgufValueType.F32 -> file.get(F32, take(4, what));
      case GgufValueType.BOOL -> file.get(ValueLayout.JAVA_BYTE, take(1, what)) != 0;
      case GgufValueType.STRING -> string(what);
      case GgufValueType.U64, GgufValueType.I64 -> i64(what);
      case GgufValueType.F64 -> file.get(F64, take(8, what));
      default -> throw unknown(key, type, at);
    };
  }

  private Object array(String key, String what) {
    long at = position;
    int type = u32("the element type of key '" + key + "'");
    int width = GgufValueType.width(type);
    if (type == GgufValueType.ARRAY || width == 0) {
      throw unknown(key, type, at);
    }
    int n = checkedLength(count("the length of key '" + key + "'", width), what, at);
    if (type == GgufValueType.STRING) {
      String[] strings = new String[n];
      for (int i = 0; i < n; i++) {
        strings[i] = string(what);
      }
      return strings;
    }
    MemorySegment data = file.asSlice(take((long) n * width, what), (long) n * width);
    return switch (type) {
      case GgufValueType.U8 -> widened(data.toArray(ValueLayout.JAVA_BYTE));
      case GgufValueType.I8 -> data.toArray(ValueLayout.JAVA_BYTE);
      case GgufValueType.U16 -> widened(data.toArray(U16));
      case GgufValueType.I16 -> data.toArray(U16);
      case GgufValueType.U32 -> widened(data.toArray(U32));
      case GgufValueType.I32 -> data.toArray(U32);
      case GgufValueType.F32 -> data.toArray(F32);
      case GgufValueType.BOOL -> booleans(data.toArray(ValueLayout.JAVA_BYTE));
      case GgufValueType.U64, GgufValueType.I64 -> data.toArray(U64);
      default -> data.toArray(F64);
    };
  }

  private static short[] widened(byte[] bytes) {
    short[] values = new short[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = (short) (bytes[i] & 0xFF);
    }
    return values;
  }

  private static int[] widened(short[] shorts) {
    int[] values = new int[shorts.length];
    for (int i = 0; i < shorts.length; i++) {
      values[i] = shorts[i] & 0xFFFF;
    }
    return values;
  }

  private static long[] widened(int[] ints) {
    long[] values = new long[ints.length];
    for (int i = 0; i < ints.length; i++) {
      values[i] = Integer.toUnsignedLong(ints[i]);
    }
    return values;
  }

  private static boolean[] booleans(byte[] bytes) {
    boolean[] values = new boolean[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] != 0;
    }
    return values;
  }

  private GgufException unknown(String key, int type, long at) {
    return fail(
        "key '"
            + key
            + "' at offset "
            + at
            + " has the value type "
            + Integer.toUnsignedString(type)
            + ", allowed are 0 to 12 and arrays of all but arrays");
  }

  private GgufException fail(String message) {
    return new GgufException(path + ": " + message);
  }
}
