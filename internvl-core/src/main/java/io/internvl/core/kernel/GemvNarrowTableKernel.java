package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Types whose codes of four bits are indices of a table of 16 signed bytes, with vectors of 256 or
 * 128 bits and float32 activations: sub-blocks of 32 codes, i and i + 16 in the halves of byte i,
 * with a scale each.
 *
 * <p>Of some blocks of each row, the scales are decoded first; then the values are looked up, 16 at
 * a time; then these bytes are multiplied as in {@link GemvNarrowQ8_0}.
 */
abstract class GemvNarrowTableKernel extends GemvLoopKernel {
  /** Weights of a block. */
  static final int BLOCK = 32;

  /** Blocks of a row that are looked up at once. */
  static final int AHEAD = 8;

  private static final int HALF = BLOCK / 2;
  private static final int ROW = AHEAD * BLOCK;
  private static final int STEP = NarrowInput.STEP;

  private static final VectorSpecies<Byte> CODES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Byte> VALUES = INTS.withLanes(byte.class);
  private static final IntVector SIGNS = IntVector.broadcast(INTS, 0x00808080);
  private static final IntVector FIRST = IntVector.broadcast(INTS, 0xFF);
  private static final IntVector SECOND = IntVector.broadcast(INTS, 0xFF00);
  private static final IntVector THIRD = IntVector.broadcast(INTS, 0xFF0000);
  private static final IntVector FOURTH = IntVector.broadcast(INTS, 0xFF000000);

  private final byte[] table;

  GemvNarrowTableKernel(byte[] table) {
    this.table = table;
  }

  /**
   * Decodes the scales of some blocks of each row.
   *
   * @param w encoded weights
   * @param first index of the first block, a multiple of {@link #AHEAD}
   * @param count number of blocks, 1 to {@link #AHEAD}
   * @param starts where the rows start
   * @param scratch receives the scales (rows, {@link #AHEAD}) behind the sums
   */
  abstract void decodeScales(MemorySegment w, int first, int count, long[] starts, float[] scratch);

  /** Returns where the codes of a block are in a row. */
  abstract long codesOf(int block);

  @Override
  boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.prepareArray();
    x.narrow().prepare(x.array(), x.cols());
  }

  @Override
  final int scratchFloats() {
    return ALL_SUMS + RowShares.STREAMS * AHEAD;
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    byte[] values = mine.values(RowShares.STREAMS * ROW);
    int blocks = cols / BLOCK;
    for (int first = 0; first < blocks; first += AHEAD) {
      int count = Math.min(AHEAD, blocks - first);
      decodeScales(w, first, count, starts, lanes);
      for (int block = 0; block < count; block++) {
        lookUp(w, codesOf(first + block), starts, table, values, block * BLOCK);
      }
      multiply(values, x.narrow().values(), first * BLOCK, count * BLOCK, lanes);
    }
  }

  /** Looks up a block of each row. */
  private static void lookUp(
      MemorySegment w, long codes, long[] starts, byte[] table, byte[] values, int to) {
    ByteVector entries = ByteVector.fromArray(CODES, table, 0);
    for (int row = 0; row < RowShares.STREAMS; row++) {
      ByteVector v = ByteVector.fromMemorySegment(CODES, w, codes + starts[row], ORDER);
      int at = to + row * ROW;
      v.and((byte) 15).selectFrom(entries).intoArray(values, at);
      v.reinterpretAsShorts()
          .lanewise(VectorOperators.LSHR, 4)
          .reinterpretAsBytes()
          .and((byte) 15)
          .selectFrom(entries)
          .intoArray(values, at + HALF);
    }
  }

  /** Multiplies the values that were looked up. */
  private static void multiply(byte[] values, float[] x, int from, int count, float[] scratch) {
    for (int i = 0; i < count; i += STEP) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, from + i);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, from + i + LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, x, from + i + 2 * LANES);
      FloatVector x3 = FloatVector.fromArray(FLOATS, x, from + i + 3 * LANES);
      FloatVector offset =
          x0.mul(-0x1p7f).sub(x1.mul(0x1p15f)).sub(x2.mul(0x1p23f)); // of what is added to values
      int block = i / BLOCK;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        IntVector v =
            ByteVector.fromArray(VALUES, values, row * ROW + i)
                .reinterpretAsInts()
                .lanewise(VectorOperators.XOR, SIGNS);
        FloatVector p =
            ((FloatVector) v.and(FIRST).convert(VectorOperators.I2F, 0)).fma(x0, offset);
        FloatVector q = ((FloatVector) v.and(SECOND).convert(VectorOperators.I2F, 0)).mul(x1);
        p = ((FloatVector) v.and(THIRD).convert(VectorOperators.I2F, 0)).fma(x2, p);
        q = ((FloatVector) v.and(FOURTH).convert(VectorOperators.I2F, 0)).fma(x3, q);
        float scale = scratch[ALL_SUMS + row * AHEAD + block];
        p.add(q)
            .fma(
                FloatVector.broadcast(FLOATS, scale),
                FloatVector.fromArray(FLOATS, scratch, row * SUMS))
            .intoArray(scratch, row * SUMS);
      }
    }
  }
}
