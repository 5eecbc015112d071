package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.INTS;
import static io.internvl.core.kernel.VectorSupport.ints;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Codebook types with vectors of 512 bits. A code stands for eight weights, or four; 64 weights are
 * gathered from a table of their bytes.
 *
 * <p>A super-block of 256 weights of each row is taken at a time. First it is unpacked: indices of
 * the codes, a bit for the sign of each weight, and its scales. Then {@link BookProducts}
 * multiplies, a quarter of the block at a time.
 */
abstract class GemvBookKernel extends GemvLoopKernel {
  /** Indices of a row, of codes for four weights or for eight. */
  static final int CODES_OF_FOUR = 64;

  static final int CODES_OF_EIGHT = 32;

  /** Words of sign bits of a row. */
  static final int SIGNS = 4;

  /** Words, four lanes for each (4, 16), and the bytes of a word. */
  static final int[] WORDS = words();

  static final IntVector EIGHTS = ints(0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24);
  static final IntVector BYTE_BITS = IntVector.broadcast(INTS, 255);

  // Signs of seven bits, four in a word, and an eighth bit that makes their number even.
  static final IntVector SEVENS = ints(0, 7, 14, 21, 0, 7, 14, 21, 0, 7, 14, 21, 0, 7, 14, 21);
  static final IntVector SEVEN_BITS = IntVector.broadcast(INTS, 127);
  static final IntVector EIGHTH_BIT = IntVector.broadcast(INTS, 128);

  // Sixteen scales of four bits, in the last two words of a block.
  static final IntVector NIBBLE_WORDS =
      ints(14, 14, 14, 14, 14, 14, 14, 14, 15, 15, 15, 15, 15, 15, 15, 15);
  static final IntVector NIBBLES = ints(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
  static final IntVector NIBBLE_BITS = IntVector.broadcast(INTS, 15);

  /** As long as all vectors: two lengths are two classes (docs/kernels.md). */
  static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;

  private final int blockBytes;

  GemvBookKernel(TensorType type) {
    blockBytes = type.blockBytes();
  }

  private static int[] words() {
    int[] words = new int[CODES_OF_FOUR];
    for (int i = 0; i < words.length; i++) {
      words[i] = i / 4;
    }
    return words;
  }

  @Override
  final boolean fits(int cols) {
    return cols % SuperBlockInput.BLOCK == 0;
  }

  @Override
  final void prepare(TokenInput x) {
    x.superBlocks(BookProducts.ORDER).prepare(x.floats(), x.cols());
  }

  @Override
  final int scratchFloats() {
    return 2 * ALL_SUMS; // sums, and the scales of a super-block
  }

  @Override
  final void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    SuperBlockInput input = x.superBlocks(BookProducts.ORDER);
    for (int block = 0; block < cols / SuperBlockInput.BLOCK; block++) {
      long at = (long) block * blockBytes;
      int from = block * SuperBlockInput.SCALES;
      unpack(w, at, starts, input.sums(), from, lanes, mine.codes(), mine.signs());
      int first = block * SuperBlockInput.BLOCK;
      multiply(mine, input.values(), first, lanes);
    }
  }

  /**
   * Unpacks a block of each row, and subtracts from the sums what the offset of the table
   * contributes. The rows are unpacked in their order: signs are stored in whole vectors, beyond
   * those of the row.
   *
   * @param w encoded weights
   * @param offset where the block starts in a row
   * @param starts where the rows start
   * @param x sums of sixteen activations each
   * @param from index of the first of the sixteen sums of this block
   * @param scratch sums of the rows (rows, 16), then receives the scales of sixteen weights each
   *     (rows, 16)
   * @param codes receives the indices (rows, CODES_OF_FOUR or CODES_OF_EIGHT)
   * @param signs receives the signs (rows, SIGNS), unless the table has them
   */
  abstract void unpack(
      MemorySegment w,
      long offset,
      long[] starts,
      float[] x,
      int from,
      float[] scratch,
      int[] codes,
      long[] signs);

  /**
   * Multiplies an unpacked block of each row.
   *
   * @param mine indices and signs
   * @param x the activations, in the order of {@link BookProducts}
   * @param from index of the first activation of this block
   * @param scratch sums of the rows (rows, 16), then the scales (rows, 16)
   */
  abstract void multiply(WorkerScratch mine, float[] x, int from, float[] scratch);
}
