package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.PackedFormat.BLOCK;
import static io.internvl.core.kernel.PackedFormat.GROUP;
import static io.internvl.core.kernel.PackedFormat.STRETCH;
import static io.internvl.core.kernel.PackedFormat.WORD;
import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Decodes rows of {@link PackedRows}: the values of {@link io.internvl.core.quant.BlockCodecs}, bit
 * for bit. Words of a row lie apart; each is spread over the lanes of a vector, shifted so that a
 * lane has one code, and becomes floats. A call allocates nothing.
 *
 * <p>No vector of bytes: their conversion is the one that other decoders do with vectors of other
 * lengths, and the compiler then leaves some on the heap.
 */
final class PackedRowCodec {
  /** Columns that share a scale, in every format. */
  private static final int SCALED = 16;

  private static final int TWO_FIVES = 0x001F001F;

  private static final IntVector NIBBLE = IntVector.broadcast(INTS, 15);
  private static final IntVector BYTE = IntVector.broadcast(INTS, 255);

  private static final IntVector NIBBLE_SHIFTS =
      VectorSupport.ints(0, 8, 16, 24, 4, 12, 20, 28, 0, 8, 16, 24, 4, 12, 20, 28);
  private static final IntVector UPPER_NIBBLE_SHIFTS =
      NIBBLE_SHIFTS.or(IntVector.broadcast(INTS, 4)); // those of vectors of 128 bits
  private static final IntVector BYTE_SHIFTS =
      VectorSupport.ints(0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24);

  private static final VectorMask<Integer> UPPER_EIGHT = VectorMask.fromLong(INTS, 0xFF00);
  private static final VectorMask<Integer> SECOND_FOUR = VectorMask.fromLong(INTS, 0x00F0);
  private static final VectorMask<Integer> THIRD_FOUR = VectorMask.fromLong(INTS, 0x0F00);
  private static final VectorMask<Integer> FOURTH_FOUR = VectorMask.fromLong(INTS, 0xF000);

  private PackedRowCodec() {}

  /** Returns how many integers {@link #decode} needs for some columns. */
  static int codeInts(int count) {
    return count / Integer.BYTES;
  }

  /** Returns how many floats {@link #decode} needs for some columns. */
  static int scaleFloats(int count) {
    return count / SCALED * 2;
  }

  /**
   * Decodes part of a row.
   *
   * @param packed the matrix
   * @param row index of the row
   * @param col first column, a multiple of 256 or of the type's block size if that is smaller
   * @param count number of columns, likewise
   * @param y receives the values
   * @param o index of the first value
   * @param codes room for {@link #codeInts}
   * @param scales room for {@link #scaleFloats}
   */
  static void decode(
      PackedRows packed,
      int row,
      int col,
      int count,
      float[] y,
      int o,
      int[] codes,
      float[] scales) {
    int done = 0;
    while (done < count) {
      int from = col + done;
      int size = Math.min(STRETCH - from % STRETCH, count - done);
      decodeInStretch(packed, row, from, size, y, o + done, codes, scales);
      done += size;
    }
  }

  private static void decodeInStretch(
      PackedRows packed,
      int row,
      int col,
      int count,
      float[] y,
      int o,
      int[] codes,
      float[] scales) {
    PackedFormat format = packed.format();
    int stretch = col / STRETCH * STRETCH;
    int end = Math.min(stretch + STRETCH, packed.cols());
    MemorySegment w = packed.data();
    long at = row / GROUP * GROUP * packed.rowBytes() + (long) row % GROUP * Integer.BYTES;
    PackedRowScales.decode(format, w, at + format.scalesOffset(stretch), col, count, scales);
    long from = at + format.codesOffset(end) + (long) format.codeWords(col) * WORD;
    switch (format.codes) {
      case NIBBLES -> nibbles(w, from, count, format.offset, scales, y, o);
      case FIVES -> {
        fives(w, from, count / BLOCK, codes);
        bytes(codes, count, format.offset, scales, y, o);
      }
      case BYTES -> {
        words(w, from, codeInts(count), codes);
        bytes(codes, count, format.offset, scales, y, o);
      }
    }
  }

  /** Eight codes a word. */
  private static void nibbles(
      MemorySegment w, long from, int count, float offset, float[] scales, float[] y, int to) {
    FloatVector middle = FloatVector.broadcast(FLOATS, offset);
    for (int k = 0; k < count / SCALED; k++) {
      FloatVector scale = FloatVector.broadcast(FLOATS, scales[2 * k]);
      FloatVector shift = FloatVector.broadcast(FLOATS, scales[2 * k + 1]);
      IntVector v = IntVector.broadcast(INTS, w.get(INT, from + 2L * k * WORD));
      IntVector u = IntVector.broadcast(INTS, w.get(INT, from + (2L * k + 1) * WORD));
      int o = to + SCALED * k;
      if (LANES == 16) {
        v = v.blend(u, UPPER_EIGHT).lanewise(VectorOperators.LSHR, NIBBLE_SHIFTS);
        ((FloatVector) v.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
      } else if (LANES == 8) {
        v = v.lanewise(VectorOperators.LSHR, NIBBLE_SHIFTS);
        u = u.lanewise(VectorOperators.LSHR, NIBBLE_SHIFTS);
        ((FloatVector) v.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
        ((FloatVector) u.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 8);
      } else {
        IntVector q = v.lanewise(VectorOperators.LSHR, NIBBLE_SHIFTS);
        IntVector r = v.lanewise(VectorOperators.LSHR, UPPER_NIBBLE_SHIFTS);
        ((FloatVector) q.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
        ((FloatVector) r.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 4);
        q = u.lanewise(VectorOperators.LSHR, NIBBLE_SHIFTS);
        r = u.lanewise(VectorOperators.LSHR, UPPER_NIBBLE_SHIFTS);
        ((FloatVector) q.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 8);
        ((FloatVector) r.and(NIBBLE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 12);
      }
    }
  }

  /** Four codes an integer. */
  private static void bytes(
      int[] codes, int count, float offset, float[] scales, float[] y, int to) {
    FloatVector middle = FloatVector.broadcast(FLOATS, offset);
    for (int k = 0; k < count / SCALED; k++) {
      FloatVector scale = FloatVector.broadcast(FLOATS, scales[2 * k]);
      FloatVector shift = FloatVector.broadcast(FLOATS, scales[2 * k + 1]);
      IntVector p = IntVector.broadcast(INTS, codes[4 * k]);
      IntVector q = IntVector.broadcast(INTS, codes[4 * k + 1]);
      IntVector r = IntVector.broadcast(INTS, codes[4 * k + 2]);
      IntVector s = IntVector.broadcast(INTS, codes[4 * k + 3]);
      int o = to + SCALED * k;
      if (LANES == 16) {
        p = p.blend(q, SECOND_FOUR).blend(r, THIRD_FOUR).blend(s, FOURTH_FOUR);
        p = p.lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        ((FloatVector) p.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
      } else if (LANES == 8) {
        p = p.blend(q, SECOND_FOUR).lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        r = r.blend(s, SECOND_FOUR).lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        ((FloatVector) p.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
        ((FloatVector) r.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 8);
      } else {
        p = p.lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        q = q.lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        r = r.lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        s = s.lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
        ((FloatVector) p.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o);
        ((FloatVector) q.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 4);
        ((FloatVector) r.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 8);
        ((FloatVector) s.and(BYTE).convert(VectorOperators.I2F, 0))
            .sub(middle)
            .mul(scale)
            .add(shift)
            .intoArray(y, o + 12);
      }
    }
  }

  /** Six codes a word; makes four codes an integer. */
  private static void fives(MemorySegment w, long from, int blocks, int[] codes) {
    for (int block = 0; block < blocks; block++) {
      long at = from + 6L * block * WORD;
      for (int i = 0; i < BLOCK / 4; i++) {
        int even = pair(w, at, 2 * i);
        int odd = pair(w, at, 2 * i + 1);
        codes[BLOCK / 4 * block + i] = even | odd << 8;
      }
    }
  }

  /** Returns two codes of a block, two columns apart. */
  private static int pair(MemorySegment w, long at, int pair) {
    return w.get(INT, at + (long) (pair / 3) * WORD) >>> 5 * (pair % 3) & TWO_FIVES;
  }

  private static void words(MemorySegment w, long from, int count, int[] codes) {
    for (int i = 0; i < count; i++) {
      codes[i] = w.get(INT, from + (long) i * WORD);
    }
  }
}
