package io.internvl.core.kernel;

import static io.internvl.core.kernel.ByteLanes.INT;
import static io.internvl.core.kernel.VectorSupport.LANES;

import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Q4_0, Q4_1, Q5_0 and Q5_1 with vectors of 256 or 128 bits: blocks of a scale, a minimum if the
 * type has one, a word of fifth bits if it has these, and 32 halves of bytes. With float32
 * activations, each part is multiplied in a pass of its own over the rows, which are in the cache
 * after the first one.
 */
final class GemvNarrowBlockKernel extends GemvLoopKernel {
  private static final int BLOCK = 32;

  private final int blockBytes;
  private final boolean fifthBits;
  private final boolean minima;
  private final boolean integers;
  private final IntegerCodes kind;

  GemvNarrowBlockKernel(TensorType type, Precision precision) {
    blockBytes = type.blockBytes();
    fifthBits = type == TensorType.Q5_0 || type == TensorType.Q5_1;
    minima = type == TensorType.Q4_1 || type == TensorType.Q5_1;
    integers = precision == Precision.FAST;
    kind = fifthBits ? IntegerCodes.FIVE_BITS : IntegerCodes.HALVES_OF_16;
  }

  @Override
  boolean fits(int cols) {
    return cols % NarrowPairInput.STEP == 0;
  }

  @Override
  int mostTokens() {
    return integers && !minima && !fifthBits ? Gemv.MAX_TOKENS : super.mostTokens();
  }

  @Override
  boolean fetches() {
    return minima;
  }

  @Override
  int usedSums() {
    return LANES;
  }

  @Override
  void prepare(TokenInput x) {
    x.prepareArray();
    if (integers) {
      x.narrowIntegers(kind).prepare(x.array(), x.cols());
    } else {
      x.narrowPairs().prepare(x.array(), x.cols());
    }
  }

  @Override
  int scratchFloats() {
    return integers && fifthBits ? NarrowFiveBits.SCRATCH : ALL_SUMS;
  }

  @Override
  void rows(
      MemorySegment w, long[] starts, TokenInput x, int cols, WorkerScratch mine, float[] lanes) {
    if (integers) {
      multiplyIntegers(w, starts, x.narrowIntegers(kind), cols, lanes);
    } else {
      multiplyFloats(w, starts, x, cols, lanes);
    }
  }

  private void multiplyIntegers(
      MemorySegment w, long[] starts, NarrowIntegers x, int cols, float[] lanes) {
    if (fifthBits) {
      NarrowFiveBits.multiply(w, blockBytes, minima, starts, x, cols, lanes);
    } else {
      NarrowNibbles.multiplyIntegers(w, blockBytes, minima, starts, x, cols, lanes);
    }
  }

  private void multiplyFloats(
      MemorySegment w, long[] starts, TokenInput x, int cols, float[] lanes) {
    int codes = blockBytes - BLOCK / 2;
    NarrowPairInput input = x.narrowPairs();
    NarrowNibbles.multiplyFloats(w, blockBytes, codes, starts, input, cols, lanes);
    if (fifthBits) {
      int bits = codes - Integer.BYTES;
      NarrowFifthBits.multiply(w, blockBytes, bits, starts, x.array(), cols, lanes);
    }
    if (minima) {
      addMinima(w, starts, input.sums(), cols, lanes);
    }
  }

  /** Adds minima, and what was subtracted from the codes. */
  private void addMinima(MemorySegment w, long[] starts, float[] sums, int cols, float[] scratch) {
    for (int block = 0; block < cols / BLOCK; block++) {
      long at = block * (long) blockBytes;
      for (int row = 0; row < RowShares.STREAMS; row++) {
        int halves = w.get(INT, at + starts[row]);
        float m = HalfTable.VALUES[halves >>> 16] + kind.offset * HalfTable.VALUES[halves & 0xFFFF];
        scratch[row * SUMS] += m * sums[block];
      }
    }
  }
}
