package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The input of a product of one token, or a few, in the forms that kernels read: float32 padded
 * with zeros, and what {@link GemvKernel#prepare} derives from it. Made once for all matrices that
 * are multiplied with it.
 */
final class TokenInput implements AutoCloseable {
  /** Columns are padded with zeros to a multiple of this. */
  static final int PADDING = 64;

  private final Buffer floatBuffer = new Buffer();
  private final NibbleInput nibbles = new NibbleInput();
  private final PairInput pairs = new PairInput(1f);
  private final PairInput halfPairs = new PairInput(0x1p16f);
  private final SuperBlockInput pairsOf16 = new SuperBlockInput(SuperBlockOrder.PAIRS_OF_16);
  private final SuperBlockInput pairsOf32 = new SuperBlockInput(SuperBlockOrder.PAIRS_OF_32);
  private final SuperBlockInput pairsOf64 = new SuperBlockInput(SuperBlockOrder.PAIRS_OF_64);
  private final SuperBlockInput foursOf32 = new SuperBlockInput(SuperBlockOrder.FOURS_OF_32);
  private final IntegerBlockInput integers = new IntegerBlockInput();
  private final NarrowInput narrow = new NarrowInput();
  private final NarrowIntegers narrowIntegers = new NarrowIntegers(32);
  private final NarrowIntegers narrowPairIntegers = new NarrowIntegers(16);
  private final NarrowPairInput narrowPairs = new NarrowPairInput();
  private float[] array = {};
  private boolean arrayReady;
  private MemorySegment floats = MemorySegment.NULL;
  private int cols;
  private int padded;

  /** Takes the first rows of a tensor. */
  void set(Tensor x, int tokens) {
    cols = x.cols();
    padded = Panels.roundUp(cols, PADDING);
    long rowBytes = rowBytes();
    floats = floatBuffer.atLeast(tokens * rowBytes);
    long bytes = (long) cols * Float.BYTES;
    for (int token = 0; token < tokens; token++) {
      long to = token * rowBytes;
      MemorySegment.copy(x.segment(), x.rowOffset(token), floats, to, bytes);
      for (long at = to + bytes; at < to + rowBytes; at += Float.BYTES) {
        floats.set(ValueLayout.JAVA_FLOAT, at, 0f);
      }
    }
    pairs.forget();
    halfPairs.forget();
    nibbles.forget();
    arrayReady = false;
    integers.forget();
    narrow.forget();
    narrowIntegers.forget();
    narrowPairIntegers.forget();
    narrowPairs.forget();
    pairsOf16.forget();
    pairsOf32.forget();
    pairsOf64.forget();
    foursOf32.forget();
  }

  /** Float32 values (tokens, padded columns). */
  MemorySegment floats() {
    return floats;
  }

  /** Copies the first token to the array unless that was done already. */
  void prepareArray() {
    if (!arrayReady) {
      if (array.length < cols) {
        array = new float[cols];
      }
      MemorySegment.copy(floats, ValueLayout.JAVA_FLOAT, 0, array, 0, cols);
      arrayReady = true;
    }
  }

  /** Float32 values of the first token (columns): vectors load them with cheap checks. */
  float[] array() {
    return array;
  }

  /** Bytes between the float32 values of two tokens. */
  long rowBytes() {
    return (long) padded * Float.BYTES;
  }

  int cols() {
    return cols;
  }

  /** The first token for BF16. */
  PairInput pairs() {
    return pairs;
  }

  /** The first token for F16. */
  PairInput halfPairs() {
    return halfPairs;
  }

  /** The first token for types of 4 or 5 bits in blocks of 32. */
  NibbleInput nibbles() {
    return nibbles;
  }

  /** The first token for types with super-blocks of 256. */
  SuperBlockInput superBlocks(SuperBlockOrder order) {
    return switch (order) {
      case PAIRS_OF_16 -> pairsOf16;
      case PAIRS_OF_32 -> pairsOf32;
      case PAIRS_OF_64 -> pairsOf64;
      case FOURS_OF_32 -> foursOf32;
    };
  }

  /** The first token for Q4_K, rounded to integers. */
  IntegerBlockInput integers() {
    return integers;
  }

  /** The first token for codes in bytes of 32-bit lanes. */
  NarrowInput narrow() {
    return narrow;
  }

  /** The first token for codes in halves of the bytes of 32-bit lanes. */
  NarrowPairInput narrowPairs() {
    return narrowPairs;
  }

  /**
   * The first token for 16-bit products with codes of 4 bits.
   *
   * @param halfBlock elements of the lower halves of consecutive bytes: 32 or 16
   */
  NarrowIntegers narrowIntegers(int halfBlock) {
    return halfBlock == 32 ? narrowIntegers : narrowPairIntegers;
  }

  @Override
  public void close() {
    floatBuffer.close();
  }
}
