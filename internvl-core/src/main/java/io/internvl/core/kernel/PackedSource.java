package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTE;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.SHORT;

import java.lang.foreign.MemorySegment;

/**
 * Takes a row in its file encoding apart: codes in the order of the columns, and words of scales.
 */
final class PackedSource {
  private static final int BLOCK = PackedFormat.BLOCK;
  private static final int SUPER_BLOCK = 256;

  private final PackedFormat format;

  /** Codes of a row, none negative. */
  final byte[] codes; // (cols)

  /** Words of scales. */
  final int[] scales;

  PackedSource(PackedFormat format, int cols) {
    this.format = format;
    codes = new byte[cols];
    scales = new int[format.scaleWords(cols)];
  }

  /** Reads the row that starts at an offset. */
  void read(MemorySegment w, long at) {
    switch (format) {
      case Q4_0, Q4_1 -> nibbles(w, at);
      case Q5_0, Q5_1 -> fives(w, at);
      case Q3_K -> threeBitsK(w, at);
      case Q4_K -> fourBitsK(w, at);
      case Q5_K -> fiveBitsK(w, at);
      case Q6_K -> sixBitsK(w, at);
    }
  }

  private void nibbles(MemorySegment w, long at) {
    int header = format == PackedFormat.Q4_0 ? 2 : 4;
    for (int block = 0; block < codes.length / BLOCK; block++) {
      long o = at + block * (header + 16L);
      blockScale(w, o, block);
      for (int i = 0; i < 16; i++) {
        int b = w.get(BYTE, o + header + i);
        codes[BLOCK * block + i] = (byte) (b & 15);
        codes[BLOCK * block + 16 + i] = (byte) (b >> 4 & 15);
      }
    }
  }

  private void fives(MemorySegment w, long at) {
    int header = format == PackedFormat.Q5_0 ? 2 : 4;
    for (int block = 0; block < codes.length / BLOCK; block++) {
      long o = at + block * (header + 20L);
      blockScale(w, o, block);
      int fifth = w.get(INT, o + header);
      for (int i = 0; i < 16; i++) {
        int b = w.get(BYTE, o + header + Integer.BYTES + i);
        codes[BLOCK * block + i] = (byte) (b & 15 | (fifth >>> i & 1) << 4);
        codes[BLOCK * block + 16 + i] = (byte) (b >> 4 & 15 | (fifth >>> (16 + i) & 1) << 4);
      }
    }
  }

  /** Reads the scale of a block, and its minimum where it has one. */
  private void blockScale(MemorySegment w, long at, int block) {
    if (format.scales == PackedFormat.Scales.HALF_PAIRS) {
      scales[block] = w.get(INT, at);
      return;
    }
    int half = w.get(SHORT, at) & 0xFFFF;
    if (block % 2 == 0) {
      scales[block / 2] = half;
    } else {
      scales[block / 2] |= half << 16;
    }
  }

  private void threeBitsK(MemorySegment w, long at) {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      long o = at + block * 110L;
      for (int i = 0; i < SUPER_BLOCK; i++) {
        int part = i / 32; // of eight
        int low = w.get(BYTE, o + 32 + part / 4 * 32 + i % 32) >> 2 * (part % 4) & 3;
        int high = w.get(BYTE, o + i % 32) >> part & 1;
        codes[SUPER_BLOCK * block + i] = (byte) (low | high << 2);
      }
      for (int i = 0; i < 16; i++) {
        int low = w.get(BYTE, o + 96 + i % 8) >> i / 8 * 4 & 15;
        int high = w.get(BYTE, o + 104 + i % 4) >> i / 4 * 2 & 3;
        signedScale(block, i, (low | high << 4) - 32);
      }
      factor(block, w.get(SHORT, o + 108));
    }
  }

  private void fourBitsK(MemorySegment w, long at) {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      long o = at + block * 144L;
      header(w, o, block);
      for (int i = 0; i < SUPER_BLOCK / 2; i++) {
        int b = w.get(BYTE, o + 16 + i);
        int to = SUPER_BLOCK * block + i / 32 * 64 + i % 32;
        codes[to] = (byte) (b & 15);
        codes[to + 32] = (byte) (b >> 4 & 15);
      }
    }
  }

  private void fiveBitsK(MemorySegment w, long at) {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      long o = at + block * 176L;
      header(w, o, block);
      for (int i = 0; i < SUPER_BLOCK / 2; i++) {
        int b = w.get(BYTE, o + 48 + i);
        int fifth = w.get(BYTE, o + 16 + i % 32) >> i / 32 * 2;
        int to = SUPER_BLOCK * block + i / 32 * 64 + i % 32;
        codes[to] = (byte) (b & 15 | (fifth & 1) << 4);
        codes[to + 32] = (byte) (b >> 4 & 15 | (fifth >> 1 & 1) << 4);
      }
    }
  }

  /** Copies the header of Q4_K and Q5_K. */
  private void header(MemorySegment w, long at, int block) {
    for (int i = 0; i < 4; i++) {
      scales[4 * block + i] = w.get(INT, at + (long) i * Integer.BYTES);
    }
  }

  private void sixBitsK(MemorySegment w, long at) {
    for (int block = 0; block < codes.length / SUPER_BLOCK; block++) {
      long o = at + block * 210L;
      for (int i = 0; i < SUPER_BLOCK / 2; i++) {
        int b = w.get(BYTE, o + i);
        int high = w.get(BYTE, o + 128 + i / 64 * 32 + i % 32) >> i % 64 / 32 * 2;
        int to = SUPER_BLOCK * block + i / 64 * 128 + i % 64;
        codes[to] = (byte) (b & 15 | (high & 3) << 4);
        codes[to + 64] = (byte) (b >> 4 & 15 | (high >> 4 & 3) << 4);
      }
      for (int i = 0; i < 16; i++) {
        signedScale(block, i, w.get(BYTE, o + 192 + i));
      }
      factor(block, w.get(SHORT, o + 208));
    }
  }

  private void signedScale(int block, int i, int scale) {
    int word = 5 * block + i / 4;
    int shift = i % 4 * Byte.SIZE;
    scales[word] = scales[word] & ~(0xFF << shift) | (scale & 0xFF) << shift;
  }

  private void factor(int block, short half) {
    scales[5 * block + 4] = Float.floatToRawIntBits(Float.float16ToFloat(half));
  }
}
