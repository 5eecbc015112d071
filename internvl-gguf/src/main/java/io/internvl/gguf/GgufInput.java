package io.internvl.gguf;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Sequential reading of little-endian header fields with bounds checks. */
final class GgufInput {
  /** Limits of llama.cpp, which keep every length within a Java array. */
  static final int LONGEST_STRING = 1 << 30;

  static final int LONGEST_ARRAY = 1 << 30;

  private static final int WINDOW_BYTES = 1 << 16;
  private static final long WINDOW_BYTES_PER_STRING = 32;

  private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);

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

  int u32(String what) {
    return file.get(I32, take(4, what));
  }

  long i64(String what) {
    return file.get(I64, take(8, what));
  }

  /**
   * Reads a count of items.
   *
   * @param minimumBytes what an item takes at least in the rest of the file
   */
  long count(String what, int minimumBytes, long limit) {
    long at = position;
    long count = i64(what);
    long room = (file.byteSize() - position) / minimumBytes;
    if (count < 0 || count > room || count > limit) {
      throw fail(
          what
              + " at offset "
              + at
              + " is "
              + Long.toUnsignedString(count)
              + (room <= limit || Long.compareUnsigned(count, limit) <= 0
                  ? ", but the rest of the file has room for at most " + room
                  : ", limit " + limit));
    }
    return count;
  }

  String string(String what) {
    int length = (int) count(what, 1, LONGEST_STRING);
    byte[] bytes = new byte[length];
    MemorySegment.copy(file, I8, take(length, what), bytes, 0, length);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Reads a type id and a value of that type. */
  GgufValue value(String key) {
    String what = "the value of key " + GgufException.quoted(key);
    long at = position;
    int id = u32(what);
    if (id != GgufValueType.ARRAY_ID) {
      GgufValueType type = type(id, what, at);
      return new GgufValue(type, false, scalar(type, what));
    }
    at = position;
    GgufValueType type = type(u32(what), what, at);
    int length =
        (int)
            count(
                "the length of key " + GgufException.quoted(key),
                type.minimumBytes(),
                LONGEST_ARRAY);
    return new GgufValue(type, true, array(type, length, what));
  }

  private GgufValueType type(int id, String what, long at) {
    return GgufValueType.ofId(id)
        .orElseThrow(() ->
            fail(
                what
                    + " at offset "
                    + at
                    + " has the type "
                    + Integer.toUnsignedString(id)
                    + (id == GgufValueType.ARRAY_ID
                        ? ", an array in an array; allowed are arrays of 0 to 8 and 10 to 12"
                        : ", allowed are 0 to 12")));
  }

  private Object scalar(GgufValueType type, String what) {
    if (type == GgufValueType.STRING) {
      return string(what);
    }
    long at = take(type.minimumBytes(), what);
    return switch (type) {
      case U8 -> (short) (file.get(I8, at) & 0xFF);
      case I8 -> file.get(I8, at);
      case U16 -> file.get(I16, at) & 0xFFFF;
      case I16 -> file.get(I16, at);
      case U32 -> Integer.toUnsignedLong(file.get(I32, at));
      case I32 -> file.get(I32, at);
      case F32 -> file.get(F32, at);
      case BOOL -> file.get(I8, at) != 0;
      case U64, I64 -> file.get(I64, at);
      default -> file.get(F64, at);
    };
  }

  private Object array(GgufValueType type, int length, String what) {
    return switch (type) {
      case I32 -> slice(4L * length, what).toArray(I32);
      case F32 -> slice(4L * length, what).toArray(F32);
      case STRING -> strings(length, what);
      default -> {
        Object elements = Array.newInstance(type.javaType(), length);
        for (int i = 0; i < length; i++) {
          Array.set(elements, i, scalar(type, what));
        }
        yield elements;
      }
    };
  }

  /**
   * Reads strings through copied windows of the file. A vocabulary has some 300,000 of them, and
   * segment accesses are slow in a fresh virtual machine.
   */
  private String[] strings(int count, String what) {
    String[] strings = new String[count];
    ByteBuffer window =
        ByteBuffer.allocate((int) Math.min(WINDOW_BYTES, WINDOW_BYTES_PER_STRING * count))
            .order(LITTLE_ENDIAN)
            .limit(0);
    for (int i = 0; i < count; i++) {
      if (!startsWithString(window)) {
        fill(window);
      }
      if (startsWithString(window)) {
        int length = (int) window.getLong();
        strings[i] = new String(window.array(), window.position(), length, StandardCharsets.UTF_8);
        window.position(window.position() + length);
        position += Long.BYTES + length;
      } else {
        window.limit(0);
        strings[i] = string(what);
      }
    }
    return strings;
  }

  private void fill(ByteBuffer window) {
    int bytes = (int) Math.min(window.capacity(), file.byteSize() - position);
    window.clear().limit(bytes);
    MemorySegment.copy(file, position, MemorySegment.ofBuffer(window), 0, bytes);
  }

  /** Says whether a whole string is left; damaged and very long ones are left to the other way. */
  private static boolean startsWithString(ByteBuffer window) {
    if (window.remaining() < Long.BYTES) {
      return false;
    }
    long length = window.getLong(window.position());
    return length >= 0 && length <= window.remaining() - Long.BYTES;
  }

  private MemorySegment slice(long bytes, String what) {
    return file.asSlice(take(bytes, what), bytes);
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
              + file.byteSize()
              + "; it is truncated");
    }
    long at = position;
    position += bytes;
    return at;
  }

  private GgufException fail(String message) {
    return new GgufException(path + ": " + message);
  }
}
