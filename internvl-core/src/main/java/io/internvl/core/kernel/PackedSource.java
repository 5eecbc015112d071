package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Takes a row in its file encoding apart: codes in the order of the columns, and words of scales.
 * Four codes, which are bytes, are taken at a time.
 */
final class PackedSource {
  /** Little-endian 32-bit words of byte arrays. */
  static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Little-endian 16-bit words of byte arrays. */
  static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int BLOCK = PackedFormat.BLOCK;
  private static final int SUPER_BLOCK = 256;
  private static final int BIT = 0x01010101; // of each byte
  private static final int TWO_BITS = 0x03030303;
  private static final int FOUR_BITS = 0x0F0F0F0F;
  private static final int SPREAD = 0x00204081; // moves bits 0 to 3 to four bytes

  private final PackedFormat format;
  private final TensorType type;
  private final byte[] row; // encoded
  private final float[] values; // (cols), of types whose codes are found from these

  /** Codes of a row, none negative. */
  final byte[] codes; // (cols)

  /** Words of scales. */
  final int[] scales;

  PackedSource(PackedFormat format, int cols) {
    this.format = format;
    type = TensorType.valueOf(format.name());
    row = new byte[Math.toIntExact(type.byteSize(cols))];
    values = new float[cols];
    codes = new byte[cols];
    scales = new int[format.scaleWords(cols)];
  }

  /** Reads the row that starts at an offset. */
  void read(MemorySegment w, long at) {
    MemorySegment.copy(w, BYTE, at, row, 0, row.length);
    switch (format) {
      case Q4_0, Q4_1 -> nibbles();
      case Q5_0, Q5_1 -> fives();
      case Q2_K -> twoBitsK();
      case Q3_K -> threeBitsK();
      case Q4_K -> fourBitsK();
      case Q5_K -> fiveBitsK();
      case Q6_K -> sixBitsK();
      case IQ4_NL -> table(w, at);
      default -> codebooks(w, at);
    }
  }

  private float half(int at) {
    return Float.float16ToFloat((short) SHORTS.get(row, at));
  }

  private int word(int at) {
    return (int) WORDS.get(row, at);
  }

  private void codes(int at, int four) {
    WORDS.set(codes, at, four);
  }

  private void nibbles() {
    int header = format == PackedFormat.Q4_0 ? 2 : 4;
    for (int block = 0; block < codes.length / BLOCK; block++) {
      int o = block * (header + 16);
      blockScale(o, block);
      for (int i = 0; i < 16; i += 4) {
        int v = word(o + header + i);
        codes(BLOCK * block + i, v & FOUR_BITS);
        codes(BLOCK * block + 16 + i, v >>> 4 & FOUR_BITS);
      }
    }
  }

  private void fives() {
    int header = format == PackedFormat.Q5_0 ? 2 : 4;
    for (int block = 0; block < codes.length / BLOCK; block++) {
      int o = block * (header + 20);
      blockScale(o, block);
      int fifth = word(o + header);
      for (int i = 0; i < 16; i += 4) {
        int v = word(o + header + Integer.BYTES + i);
        int low = (fifth >>> i & 15) * SPREAD & BIT;
        int high = (fifth >>> (16 + i) & 15) * SPREAD & BIT;
        codes(BLOCK * block + i, v & FOUR_BITS | low << 4);
        codes(BLOCK * block + 16 + i, v >>> 4 & FOUR_BITS | high << 4);
      }
    }
  }

  /** Reads the scale of a block, and its minimum where it has one. */
  private void blockScale(int at, int block) {
    if (format.scales == PackedFormat.Scales.HALF_PAIRS) {
      scales[block] = word(at);
      return;
    }
    int half = (short) SHORTS.get(row, at) & 0xFFFF;
    if (block % 2 == 0) {
      scales[block / 2] = half;
    } else {
      scales[block / 2] |= half << 16;
    }
  }

  /** Finds the codes of values that are {@code scale (code - offset)}. */
  private void codesOf(int from, int count, float scale) {
    for (int i = from; i < from + count; i++) {
      codes[i] = (byte) (int) (values[i] / scale + format.offset + 0.5f); // 0 where scale is
    }
  }

  private void table(MemorySegment w, long at) {
    RowCodec.decode(type, w, at, values.length, values, 0);
    for (int block = 0; block < codes.length / BLOCK; block++) {
      int o = block * type.blockBytes();
      blockScale(o, block);
      codesOf(BLOCK * block, BLOCK, half(o));
    }
  }

  private void codebooks(MemorySegment w, long at) {
    RowCodec.decode(type, w, at, values.length, values, 0);
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      CodebookScales found = new CodebookScales(format, row, block * type.blockBytes());
      for (int i = 0; i < 16; i++) {
        int scale = found.scale(i);
        signedScale(block, i, scale);
        codesOf(SUPER_BLOCK * block + 16 * i, 16, found.factor() * scale);
      }
      scales[5 * block + 4] = Float.floatToRawIntBits(found.factor());
    }
  }

  private void twoBitsK() {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      int o = block * 84;
      for (int i = 0; i < SUPER_BLOCK; i += 4) {
        int v = word(o + 16 + i / 128 * 32 + i % 32) >>> i % 128 / 32 * 2;
        codes(SUPER_BLOCK * block + i, v & TWO_BITS);
      }
      for (int i = 0; i < 4; i++) {
        scales[5 * block + i] = word(o + i * Integer.BYTES);
      }
      scales[5 * block + 4] = word(o + 80);
    }
  }

  private void threeBitsK() {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      int o = block * 110;
      for (int i = 0; i < SUPER_BLOCK; i += 4) {
        int part = i / 32; // of eight
        int low = word(o + 32 + part / 4 * 32 + i % 32) >>> 2 * (part % 4) & TWO_BITS;
        int high = word(o + i % 32) >>> part & BIT;
        codes(SUPER_BLOCK * block + i, low | high << 2);
      }
      for (int i = 0; i < 16; i++) {
        int low = row[o + 96 + i % 8] >> i / 8 * 4 & 15;
        int high = row[o + 104 + i % 4] >> i / 4 * 2 & 3;
        signedScale(block, i, (low | high << 4) - 32);
      }
      factor(block, o + 108);
    }
  }

  private void fourBitsK() {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      int o = block * 144;
      header(o, block);
      for (int i = 0; i < SUPER_BLOCK / 2; i += 4) {
        int v = word(o + 16 + i);
        int to = SUPER_BLOCK * block + i / 32 * 64 + i % 32;
        codes(to, v & FOUR_BITS);
        codes(to + 32, v >>> 4 & FOUR_BITS);
      }
    }
  }

  private void fiveBitsK() {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      int o = block * 176;
      header(o, block);
      for (int i = 0; i < SUPER_BLOCK / 2; i += 4) {
        int v = word(o + 48 + i);
        int fifth = word(o + 16 + i % 32) >>> i / 32 * 2;
        int to = SUPER_BLOCK * block + i / 32 * 64 + i % 32;
        codes(to, v & FOUR_BITS | (fifth & BIT) << 4);
        codes(to + 32, v >>> 4 & FOUR_BITS | (fifth >>> 1 & BIT) << 4);
      }
    }
  }

  /** Copies the header of Q4_K and Q5_K. */
  private void header(int at, int block) {
    for (int i = 0; i < 4; i++) {
      scales[4 * block + i] = word(at + i * Integer.BYTES);
    }
  }

  private void sixBitsK() {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      int o = block * 210;
      for (int i = 0; i < SUPER_BLOCK / 2; i += 4) {
        int v = word(o + i);
        int high = word(o + 128 + i / 64 * 32 + i % 32) >>> i % 64 / 32 * 2;
        int to = SUPER_BLOCK * block + i / 64 * 128 + i % 64;
        codes(to, v & FOUR_BITS | (high & TWO_BITS) << 4);
        codes(to + 64, v >>> 4 & FOUR_BITS | (high >>> 4 & TWO_BITS) << 4);
      }
      for (int i = 0; i < 16; i++) {
        signedScale(block, i, row[o + 192 + i]);
      }
      factor(block, o + 208);
    }
  }

  private void signedScale(int block, int i, int scale) {
    int word = 5 * block + i / 4;
    int shift = i % 4 * Byte.SIZE;
    scales[word] = scales[word] & ~(0xFF << shift) | (scale & 0xFF) << shift;
  }

  private void factor(int block, int at) {
    scales[5 * block + 4] = Float.floatToRawIntBits(half(at));
  }
}
