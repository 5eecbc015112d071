package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.BYTES;
import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.ByteLanes.affine;
import static io.internvl.core.kernel.ByteLanes.scaled;
import static io.internvl.core.kernel.PackedFormat.BLOCK;
import static io.internvl.core.kernel.PackedFormat.GROUP;
import static io.internvl.core.kernel.PackedFormat.STRETCH;
import static io.internvl.core.kernel.PackedFormat.WORD;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;

/**
 * Decodes rows of {@link PackedRows}: the values of {@link io.internvl.core.quant.BlockCodecs}, bit
 * for bit. Words of a row, which lie apart, become bytes in the order of the columns; those become
 * floats as in {@link KQuantRows}. A call allocates nothing.
 */
final class PackedRowCodec {
  private static final int SUPER_BLOCK = 256;
  private static final int NIBBLES = 0x0F0F0F0F;
  private static final int FIVES = 0x001F001F;

  private PackedRowCodec() {}

  /**
   * Decodes part of a row.
   *
   * @param packed the matrix
   * @param row index of the row
   * @param col first column, a multiple of 256 or of the type's block size if that is smaller
   * @param count number of columns, likewise
   * @param y receives the values
   * @param o index of the first value
   * @param codes room for as many bytes as columns
   */
  static void decode(
      PackedRows packed, int row, int col, int count, float[] y, int o, byte[] codes) {
    int done = 0;
    while (done < count) {
      int from = col + done;
      int size = Math.min(STRETCH - from % STRETCH, count - done);
      decodeInStretch(packed, row, from, size, y, o + done, codes);
      done += size;
    }
  }

  private static void decodeInStretch(
      PackedRows packed, int row, int col, int count, float[] y, int o, byte[] codes) {
    PackedFormat format = packed.format();
    int stretch = col / STRETCH * STRETCH;
    int end = Math.min(stretch + STRETCH, packed.cols());
    MemorySegment w = packed.data();
    long at = row / GROUP * GROUP * packed.rowBytes() + (long) row % GROUP * Integer.BYTES;
    long from = at + format.codesOffset(end) + (long) format.codeWords(col) * WORD;
    int blocks = count / BLOCK;
    switch (format.codes) {
      case NIBBLES -> nibbles(w, from, blocks, codes);
      case FIVES -> fives(w, from, blocks, codes);
      case BYTES -> bytes(w, from, blocks, codes);
    }
    long scales = at + format.scalesOffset(stretch);
    switch (format.scales) {
      case HALVES -> halves(w, scales, col / BLOCK, blocks, (byte) format.offset, codes, y, o);
      case HALF_PAIRS -> halfPairs(w, scales + (long) col / BLOCK * WORD, blocks, codes, y, o);
      case SIX_BITS -> {
        long first = scales + (long) col / SUPER_BLOCK * 4 * WORD;
        sixBits(w, first, count / SUPER_BLOCK, codes, y, o);
      }
      case SIGNED_BYTES -> {
        long first = scales + (long) col / SUPER_BLOCK * 5 * WORD;
        int superBlocks = count / SUPER_BLOCK;
        if (format.offset == (byte) format.offset) {
          signedBytes(w, first, superBlocks, (byte) format.offset, codes, y, o);
        } else {
          signedBytesBetween(w, first, superBlocks, format.offset, codes, y, o);
        }
      }
      case NIBBLE_PAIRS -> {
        long first = scales + (long) col / SUPER_BLOCK * 5 * WORD;
        nibblePairs(w, first, count / SUPER_BLOCK, codes, y, o);
      }
    }
  }

  private static void nibbles(MemorySegment w, long from, int blocks, byte[] codes) {
    for (int i = 0; i < 4 * blocks; i++) {
      int v = w.get(INT, from + (long) i * WORD);
      PackedSource.WORDS.set(codes, 8 * i, v & NIBBLES);
      PackedSource.WORDS.set(codes, 8 * i + 4, v >>> 4 & NIBBLES);
    }
  }

  private static void fives(MemorySegment w, long from, int blocks, byte[] codes) {
    for (int block = 0; block < blocks; block++) {
      long at = from + 6L * block * WORD;
      for (int i = 0; i < BLOCK / 4; i++) {
        int even = pair(w, at, 2 * i);
        int odd = pair(w, at, 2 * i + 1);
        PackedSource.WORDS.set(codes, BLOCK * block + 4 * i, even | odd << 8);
      }
    }
  }

  /** Returns two codes of a block, two columns apart. */
  private static int pair(MemorySegment w, long at, int pair) {
    return w.get(INT, at + (long) (pair / 3) * WORD) >>> 5 * (pair % 3) & FIVES;
  }

  private static void bytes(MemorySegment w, long from, int blocks, byte[] codes) {
    for (int i = 0; i < 8 * blocks; i++) {
      PackedSource.WORDS.set(codes, 4 * i, w.get(INT, from + (long) i * WORD));
    }
  }

  // One vector in each loop: with two, the second is not always inlined, and then on the heap.

  private static void halves(
      MemorySegment w,
      long at,
      int first,
      int blocks,
      byte offset,
      byte[] codes,
      float[] y,
      int o) {
    for (int k = 0; k < 2 * blocks; k++) {
      int block = first + k / 2;
      int word = w.get(INT, at + (long) block / 2 * WORD);
      float d = Float.float16ToFloat((short) (word >>> block % 2 * 16));
      scaled(ByteVector.fromArray(BYTES, codes, 16 * k).sub(offset), d, y, o + 16 * k);
    }
  }

  private static void halfPairs(
      MemorySegment w, long at, int blocks, byte[] codes, float[] y, int o) {
    for (int k = 0; k < 2 * blocks; k++) {
      int word = w.get(INT, at + (long) (k / 2) * WORD);
      float d = Float.float16ToFloat((short) word);
      float m = Float.float16ToFloat((short) (word >>> 16));
      affine(ByteVector.fromArray(BYTES, codes, 16 * k), d, m, y, o + 16 * k);
    }
  }

  private static void sixBits(
      MemorySegment w, long at, int superBlocks, byte[] codes, float[] y, int o) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 4L * block * WORD;
      int halves = w.get(INT, b);
      float d = Float.float16ToFloat((short) halves);
      float dmin = Float.float16ToFloat((short) (halves >>> 16));
      long low = w.get(INT, b + WORD) & 0xFFFF_FFFFL | (long) w.get(INT, b + 2 * WORD) << 32;
      int high = w.get(INT, b + 3 * WORD);
      long scales = KQuantRows.scales(low, high);
      long minima = KQuantRows.minima(low, high);
      for (int k = 0; k < 16; k++) {
        int j = 8 * (k >> 1);
        float ml = -(dmin * (minima >>> j & 63));
        int c = SUPER_BLOCK * block + 16 * k;
        affine(ByteVector.fromArray(BYTES, codes, c), d * (scales >>> j & 63), ml, y, o + c);
      }
    }
  }

  private static void signedBytes(
      MemorySegment w, long at, int superBlocks, byte offset, byte[] codes, float[] y, int o) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 5L * block * WORD;
      float d = Float.intBitsToFloat(w.get(INT, b + 4 * WORD));
      for (int k = 0; k < 16; k++) {
        float dl = d * (byte) (w.get(INT, b + (long) (k / 4) * WORD) >>> k % 4 * 8);
        int c = SUPER_BLOCK * block + 16 * k;
        scaled(ByteVector.fromArray(BYTES, codes, c).sub(offset), dl, y, o + c);
      }
    }
  }

  /** With an offset between two codes: both products are exact, and so is their difference. */
  private static void signedBytesBetween(
      MemorySegment w, long at, int superBlocks, float offset, byte[] codes, float[] y, int o) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 5L * block * WORD;
      float d = Float.intBitsToFloat(w.get(INT, b + 4 * WORD));
      for (int k = 0; k < 16; k++) {
        float dl = d * (byte) (w.get(INT, b + (long) (k / 4) * WORD) >>> k % 4 * 8);
        int c = SUPER_BLOCK * block + 16 * k;
        affine(ByteVector.fromArray(BYTES, codes, c), dl, -(offset * dl), y, o + c);
      }
    }
  }

  private static void nibblePairs(
      MemorySegment w, long at, int superBlocks, byte[] codes, float[] y, int o) {
    for (int block = 0; block < superBlocks; block++) {
      long b = at + 5L * block * WORD;
      int halves = w.get(INT, b + 4 * WORD);
      float d = Float.float16ToFloat((short) halves);
      float dmin = Float.float16ToFloat((short) (halves >>> 16));
      for (int k = 0; k < 16; k++) {
        int pair = w.get(INT, b + (long) (k / 4) * WORD) >>> k % 4 * 8;
        float ml = -(dmin * (pair >> 4 & 15));
        int c = SUPER_BLOCK * block + 16 * k;
        affine(ByteVector.fromArray(BYTES, codes, c), d * (pair & 15), ml, y, o + c);
      }
    }
  }
}
