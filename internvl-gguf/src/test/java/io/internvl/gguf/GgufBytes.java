package io.internvl.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds files byte by byte, also wrong ones. */
final class GgufBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A version 3 header. */
  static GgufBytes header(long tensors, long pairs) {
    return start(3).u64(tensors).u64(pairs);
  }

  static GgufBytes start(int version) {
    return new GgufBytes().raw("GGUF".getBytes(StandardCharsets.US_ASCII)).u32(version);
  }

  GgufBytes raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  GgufBytes u32(int value) {
    return raw(little(4).putInt(value).array());
  }

  GgufBytes u64(long value) {
    return raw(little(8).putLong(value).array());
  }

  GgufBytes text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return u64(bytes.length).raw(bytes);
  }

  GgufBytes pair(String key, int u32) {
    return text(key).u32(GgufValueType.U32.id()).u32(u32);
  }

  GgufBytes split(int number, int count, int tensors) {
    return pair("split.no", number).pair("split.count", count).pair("split.tensors.count", tensors);
  }

  GgufBytes tensor(String name, int typeId, long offset, long... shape) {
    text(name).u32(shape.length);
    for (long size : shape) {
      u64(size);
    }
    return u32(typeId).u64(offset);
  }

  /** Pads the header to 32 bytes and appends a data section of zeros. */
  GgufBytes data(int bytes) {
    return raw(new byte[Math.floorMod(-out.size(), 32)]).raw(new byte[bytes]);
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }

  Path save(Path directory) throws IOException {
    return Files.write(directory.resolve("file.gguf"), toByteArray());
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
