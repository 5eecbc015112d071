package io.internvl.gguf;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Encodes everything that stands before the data section. */
final class HeaderEncoder {
  private static final int VERSION = 3;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteBuffer scratch = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

  private HeaderEncoder() {}

  static byte[] encode(Map<String, GgufValue> metadata, List<TensorInfo> tensors) {
    HeaderEncoder encoder = new HeaderEncoder();
    encoder.out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    encoder.int32(VERSION);
    encoder.int64(tensors.size());
    encoder.int64(metadata.size());
    metadata.forEach(encoder::pair);
    tensors.forEach(encoder::info);
    return encoder.out.toByteArray();
  }

  /** Size of a tensor's entry. */
  static long infoBytes(String name, int rank) {
    return 8 + name.getBytes(StandardCharsets.UTF_8).length + 4 + 8L * rank + 4 + 8;
  }

  private void pair(String key, GgufValue value) {
    string(key);
    GgufValueType type = value.type();
    if (!value.array()) {
      int32(type.id());
      scalar(type, value.value());
      return;
    }
    int32(GgufValueType.ARRAY_ID);
    int32(type.id());
    int length = value.length();
    int64(length);
    for (int i = 0; i < length; i++) {
      scalar(type, Array.get(value.value(), i));
    }
  }

  private void info(TensorInfo tensor) {
    string(tensor.name());
    int32(tensor.shape().size());
    tensor.shape().forEach(this::int64);
    int32(tensor.type().id());
    int64(tensor.offset());
  }

  private void scalar(GgufValueType type, Object value) {
    switch (type) {
      case STRING -> string((String) value);
      case BOOL -> out.write((Boolean) value ? 1 : 0);
      case F32 -> int32(Float.floatToRawIntBits((Float) value));
      case F64 -> int64(Double.doubleToRawLongBits((Double) value));
      case U8, I8, U16, I16, U32, I32, U64, I64 ->
          low(((Number) value).longValue(), type.minimumBytes());
    }
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int64(bytes.length);
    out.writeBytes(bytes);
  }

  private void int32(int value) {
    low(value, Integer.BYTES);
  }

  private void int64(long value) {
    low(value, Long.BYTES);
  }

  private void low(long value, int bytes) {
    out.write(scratch.putLong(0, value).array(), 0, bytes);
  }
}
