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
  private final SuperBlockInput fourBits =
      new SuperBlockInput(511, SuperBlockInput.Order.HALVES_OF_64);
  private final SuperBlockInput fiveBits =
      new SuperBlockInput(255, SuperBlockInput.Order.HALVES_OF_64);
  private final SuperBlockInput sixBits =
      new SuperBlockInput(127, SuperBlockInput.Order.HALVES_OF_128);
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
    fourBits.forget();
    fiveBits.forget();
    sixBits.forget();
  }

  /** Float32 values (tokens, padded columns). */
  MemorySegment floats() {
    return floats;
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

  /** The first token for Q4_K. */
  SuperBlockInput fourBits() {
    return fourBits;
  }

  /** The first token for Q5_K. */
  SuperBlockInput fiveBits() {
    return fiveBits;
  }

  /** The first token for Q6_K. */
  SuperBlockInput sixBits() {
    return sixBits;
  }

  @Override
  public void close() {
    floatBuffer.close();
    pairs.close();
    halfPairs.close();
    nibbles.close();
    fourBits.close();
    fiveBits.close();
    sixBits.close();
  }
}
