package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes matrices in square blocks of {@link VectorSupport#LANES}.
 *
 * <p>A block is transposed by exchanging, for each power of two s, the elements (i, j + s) and (i +
 * s, j): log2(LANES) passes over its rows, two of them for four rows held in registers.
 */
final class Transpose {
  // Lanes exchanged with those at a distance, and the lanes whose index has a bit set.
  static final VectorShuffle<Float> SWAP_8 = swap(8);
  static final VectorShuffle<Float> SWAP_4 = swap(4);
  static final VectorShuffle<Float> SWAP_2 = swap(2);
  static final VectorShuffle<Float> SWAP_1 = swap(1);
  static final VectorMask<Float> HIGH_8 = lanesWith(8);
  static final VectorMask<Float> HIGH_4 = lanesWith(4);
  static final VectorMask<Float> HIGH_2 = lanesWith(2);
  static final VectorMask<Float> HIGH_1 = lanesWith(1);
  private static final VectorMask<Float> LOW_8 = HIGH_8.not();
  private static final VectorMask<Float> LOW_4 = HIGH_4.not();
  private static final VectorMask<Float> LOW_2 = HIGH_2.not();
  private static final VectorMask<Float> LOW_1 = HIGH_1.not();

  private Transpose() {}

  static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % LANES);
  }

  static VectorMask<Float> lanesWith(int bit) {
    boolean[] set = new boolean[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      set[lane] = (lane & bit) != 0;
    }
    return VectorMask.fromArray(FLOATS, set, 0);
  }

  /**
   * Transposes LANES rows.
   *
   * @param source (LANES, cols)
   * @param from byte offset of the first row
   * @param fromStride bytes between source rows
   * @param cols columns of the source, rounded up to a multiple of LANES
   * @param target (cols rounded up, LANES)
   * @param to byte offset of its first row
   * @param toStride bytes between target rows
   */
  static void rows(
      MemorySegment source,
      long from,
      long fromStride,
      int cols,
      MemorySegment target,
      long to,
      long toStride) {
    for (int col = 0; col < cols; col += LANES) {
      long blockFrom = from + (long) col * Float.BYTES;
      long blockTo = to + col * toStride;
      if (LANES == 16) {
        distant16(source, blockFrom, fromStride, target, blockTo, toStride);
        near(target, blockTo, toStride, target, blockTo, toStride);
      } else if (LANES == 8) {
        distant8(source, blockFrom, fromStride, target, blockTo, toStride);
        near(target, blockTo, toStride, target, blockTo, toStride);
      } else {
        near(source, blockFrom, fromStride, target, blockTo, toStride);
      }
    }
  }

  /** Exchanges at distances 8 and 4 in blocks of 16 rows. */
  private static void distant16(
      MemorySegment source, long from, long fs, MemorySegment target, long to, long ts) {
    for (int row = 0; row < 4; row++) {
      long f = from + row * fs;
      long t = to + row * ts;
      FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, source, f, ORDER);
      FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, source, f + 4 * fs, ORDER);
      FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, source, f + 8 * fs, ORDER);
      FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, source, f + 12 * fs, ORDER);
      FloatVector b0 = a0.blend(a2.rearrange(SWAP_8), HIGH_8);
      FloatVector b1 = a1.blend(a3.rearrange(SWAP_8), HIGH_8);
      FloatVector b2 = a2.blend(a0.rearrange(SWAP_8), LOW_8);
      FloatVector b3 = a3.blend(a1.rearrange(SWAP_8), LOW_8);
      b0.blend(b1.rearrange(SWAP_4), HIGH_4).intoMemorySegment(target, t, ORDER);
      b1.blend(b0.rearrange(SWAP_4), LOW_4).intoMemorySegment(target, t + 4 * ts, ORDER);
      b2.blend(b3.rearrange(SWAP_4), HIGH_4).intoMemorySegment(target, t + 8 * ts, ORDER);
      b3.blend(b2.rearrange(SWAP_4), LOW_4).intoMemorySegment(target, t + 12 * ts, ORDER);
    }
  }

  /** Exchanges at distance 4 in blocks of 8 rows. */
  private static void distant8(
      MemorySegment source, long from, long fs, MemorySegment target, long to, long ts) {
    for (int row = 0; row < 4; row++) {
      long f = from + row * fs;
      long t = to + row * ts;
      FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, source, f, ORDER);
      FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, source, f + 4 * fs, ORDER);
      a0.blend(a1.rearrange(SWAP_4), HIGH_4).intoMemorySegment(target, t, ORDER);
      a1.blend(a0.rearrange(SWAP_4), LOW_4).intoMemorySegment(target, t + 4 * ts, ORDER);
    }
  }

  /** Exchanges at distances 2 and 1; source and target may be the same rows. */
  private static void near(
      MemorySegment source, long from, long fs, MemorySegment target, long to, long ts) {
    for (int row = 0; row < LANES; row += 4) {
      long f = from + row * fs;
      long t = to + row * ts;
      FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, source, f, ORDER);
      FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, source, f + fs, ORDER);
      FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, source, f + 2 * fs, ORDER);
      FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, source, f + 3 * fs, ORDER);
      FloatVector b0 = a0.blend(a2.rearrange(SWAP_2), HIGH_2);
      FloatVector b1 = a1.blend(a3.rearrange(SWAP_2), HIGH_2);
      FloatVector b2 = a2.blend(a0.rearrange(SWAP_2), LOW_2);
      FloatVector b3 = a3.blend(a1.rearrange(SWAP_2), LOW_2);
      b0.blend(b1.rearrange(SWAP_1), HIGH_1).intoMemorySegment(target, t, ORDER);
      b1.blend(b0.rearrange(SWAP_1), LOW_1).intoMemorySegment(target, t + ts, ORDER);
      b2.blend(b3.rearrange(SWAP_1), HIGH_1).intoMemorySegment(target, t + 2 * ts, ORDER);
      b3.blend(b2.rearrange(SWAP_1), LOW_1).intoMemorySegment(target, t + 3 * ts, ORDER);
    }
  }
}
