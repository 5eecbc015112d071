package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;

/**
 * K types with vectors of 256 or 128 bits: some super-blocks of 256 weights of each row at a time,
 * with float32 activations.
 *
 * <p>First the scales of these blocks are decoded. Then come the codes, 32 bytes of them at a time,
 * as the bytes of 32-bit lanes. A byte is masked, converted and multiplied where it is: {@link
 * NarrowInput} makes up for the power of two. So a multiplication costs three instructions, and no
 * shift. {@link GemvSuperKernel} is for 512 bits, where ternary logic makes the floats without a
 * conversion.
 */
abstract class GemvNarrowKernel extends GemvLoopKernel {
  /** Weights of a super-block. */
  static final int BLOCK = 256;

  /** Super-blocks of a row whose scales are decoded at once. */
  static final int AHEAD = 8;

  /** Most scales of a super-block. */
  static final int SCALES = 16;

  /** Weights of a vector of codes, and such vectors in a super-block and in a group. */
  static final int STEP = Integer.BYTES * LANES;

  static final int STEPS = BLOCK / STEP;
  static final int STEPS_OF_GROUP = NarrowInput.GROUP / STEP;

  /** Masks of the bytes of a lane: of codes of at most seven bits, so that no lane is negative. */
  static final IntVector FIRST = IntVector.broadcast(INTS, 0xFF);

  static final IntVector SECOND = IntVector.broadcast(INTS, 0xFF00);
  static final IntVector THIRD = IntVector.broadcast(INTS, 0xFF0000);
  static final IntVector FOURTH = IntVector.broadcast(INTS, 0x7F000000);

  /**
   * For types with a scale for 16 weights: where in a vector of scales that of each lane is (STEPS,
   * LANES).
   */
  static final int[] SCALE_LANES = scaleLanes();

  /** Eight bytes of an array. */
  static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static int[] scaleLanes() {
    int[] lanes = new int[STEPS * LANES];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = i * Integer.BYTES / 16 % LANES;
    }
    return lanes;
  }

  /** Returns the first of the scales that are loaded for a step, with a scale for 16 weights. */
  static int firstScale(int step) {
    return step * STEP / 16 / LANES * LANES;
  }

  @Override
  final boolean fits(int cols) {
    return cols % BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.prepareArray();
    x.narrow().prepare(x.array(), x.cols());
  }

  @Override
  boolean fetches() {
    return true;
  }

  @Override
  final int scratchFloats() {
    return ALL_SUMS + AHEAD * ALL_SUMS; // sums, and the scales of some super-blocks
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    NarrowInput input = x.narrow();
    int blocks = cols / BLOCK;
    for (int first = 0; first < blocks; first += AHEAD) {
      int count = Math.min(AHEAD, blocks - first);
      decodeScales(w, first, count, starts, input, mine.bytes(), lanes);
      multiplyCodes(w, first, count, starts, input.values(), lanes);
    }
  }

  /**
   * Decodes the scales of some blocks of each row and subtracts what offsets and minima contribute.
   *
   * @param w encoded weights
   * @param firstBlock index of the first block
   * @param blocks number of blocks, at most AHEAD
   * @param starts where the rows start
   * @param x sums of the activations
   * @param bytes room for scales of a row
   * @param scratch sums of the rows (rows, 16), then receives the scales (blocks, rows, 16)
   */
  abstract void decodeScales(
      MemorySegment w,
      int firstBlock,
      int blocks,
      long[] starts,
      NarrowInput x,
      byte[] bytes,
      float[] scratch);

  /**
   * Multiplies the codes of some blocks of each row.
   *
   * @param w encoded weights
   * @param firstBlock index of the first block
   * @param blocks number of blocks, at most AHEAD
   * @param starts where the rows start
   * @param x the activations
   * @param scratch sums of the rows (rows, 16), then the scales (blocks, rows, 16)
   */
  abstract void multiplyCodes(
      MemorySegment w, int firstBlock, int blocks, long[] starts, float[] x, float[] scratch);
}
