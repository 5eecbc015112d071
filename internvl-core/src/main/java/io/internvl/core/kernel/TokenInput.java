package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/**
 * A token as the input of products, in the forms that kernels read: float32 padded with zeros, and
 * what {@link GemvKernel#prepare} derives from it. Made once for all matrices that are multiplied
 * with it.
 */
final class TokenInput implements AutoCloseable {
  private static final PackedFormat[] FORMATS = PackedFormat.values();

  /** Columns are padded with zeros to a multiple of this. */
  static final int PADDING = 64;

  private final Buffer floatBuffer = new Buffer();
  private final NibbleInput nibbles = new NibbleInput();
  private final PairInput pairs = new PairInput(0);
  private final PairInput halfPairs = new PairInput(16);
  private final PairInput largePairs = new PairInput(112);
  private final SuperBlockInput pairsOf16 = new SuperBlockInput(SuperBlockOrder.PAIRS_OF_16);
  private final SuperBlockInput pairsOf32 = new SuperBlockInput(SuperBlockOrder.PAIRS_OF_32);
  private final SuperBlockInput pairsOf64 = new SuperBlockInput(SuperBlockOrder.PAIRS_OF_64);
  private final SuperBlockInput foursOf32 = new SuperBlockInput(SuperBlockOrder.FOURS_OF_32);
  private final IntegerBlockInput integers = new IntegerBlockInput();
  private final NarrowInput narrow = new NarrowInput();
  private final NarrowIntegers halvesOf16 = new NarrowIntegers(IntegerCodes.HALVES_OF_16);
  private final NarrowIntegers fiveBits = new NarrowIntegers(IntegerCodes.FIVE_BITS);
  private final NarrowIntegers twoBitsK = new NarrowIntegers(IntegerCodes.TWO_BITS_K);
  private final NarrowIntegers threeBitsK = new NarrowIntegers(IntegerCodes.THREE_BITS_K);
  private final NarrowIntegers fourBitsK = new NarrowIntegers(IntegerCodes.FOUR_BITS_K);
  private final NarrowIntegers fiveBitsK = new NarrowIntegers(IntegerCodes.FIVE_BITS_K);
  private final NarrowIntegers sixBitsK = new NarrowIntegers(IntegerCodes.SIX_BITS_K);
  private final Map<PackedFormat, PackedIntegers> packed = new EnumMap<>(PackedFormat.class);
  private final NarrowPairInput narrowPairs = new NarrowPairInput();
  private float[] array = {};
  private boolean arrayReady;
  private MemorySegment floats = MemorySegment.NULL;
  private int cols;
  private int padded;

  /** Takes a row of a tensor. */
  void set(Tensor x, int row) {
    cols = x.cols();
    padded = Panels.roundUp(cols, PADDING);
    floats = floatBuffer.atLeast((long) padded * Float.BYTES);
    long bytes = (long) cols * Float.BYTES;
    MemorySegment.copy(x.segment(), x.rowOffset(row), floats, 0, bytes);
    for (int i = cols; i < padded; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, 0f);
    }
    pairs.forget();
    halfPairs.forget();
    largePairs.forget();
    nibbles.forget();
    arrayReady = false;
    integers.forget();
    narrow.forget();
    halvesOf16.forget();
    fiveBits.forget();
    twoBitsK.forget();
    threeBitsK.forget();
    fourBitsK.forget();
    fiveBitsK.forget();
    sixBitsK.forget();
    narrowPairs.forget();
    for (PackedFormat format : FORMATS) { // an iterator of the map would be an object
      PackedIntegers integers = packed.get(format);
      if (integers != null) {
        integers.forget();
      }
    }
    pairsOf16.forget();
    pairsOf32.forget();
    pairsOf64.forget();
    foursOf32.forget();
  }

  /** Float32 values (padded columns). */
  MemorySegment floats() {
    return floats;
  }

  /** Copies the values to the array unless that was done already. */
  void prepareArray() {
    if (!arrayReady) {
      if (array.length < padded) {
        array = new float[padded];
      }
      MemorySegment.copy(floats, ValueLayout.JAVA_FLOAT, 0, array, 0, padded);
      arrayReady = true;
    }
  }

  /** Float32 values (padded columns): vectors load them with cheap checks. */
  float[] array() {
    return array;
  }

  int cols() {
    return cols;
  }

  /** The token for BF16. */
  PairInput pairs() {
    return pairs;
  }

  /** The token for F16, times 2^16. */
  PairInput halfPairs() {
    return halfPairs;
  }

  /** The token for F16, times 2^112 or as much of it as float32 has room for. */
  PairInput largePairs() {
    return largePairs;
  }

  /** The token for types of 4 or 5 bits in blocks of 32. */
  NibbleInput nibbles() {
    return nibbles;
  }

  /** The token for types with super-blocks of 256. */
  SuperBlockInput superBlocks(SuperBlockOrder order) {
    return switch (order) {
      case PAIRS_OF_16 -> pairsOf16;
      case PAIRS_OF_32 -> pairsOf32;
      case PAIRS_OF_64 -> pairsOf64;
      case FOURS_OF_32 -> foursOf32;
    };
  }

  /** The token for Q4_K, rounded to integers. */
  IntegerBlockInput integers() {
    return integers;
  }

  /** The token for codes in bytes of 32-bit lanes. */
  NarrowInput narrow() {
    return narrow;
  }

  /** The token for codes in halves of the bytes of 32-bit lanes. */
  NarrowPairInput narrowPairs() {
    return narrowPairs;
  }

  /** The token for products of integers. */
  NarrowIntegers narrowIntegers(IntegerCodes codes) {
    return switch (codes) {
      case HALVES_OF_16 -> halvesOf16;
      case FIVE_BITS -> fiveBits;
      case TWO_BITS_K -> twoBitsK;
      case THREE_BITS_K -> threeBitsK;
      case FOUR_BITS_K -> fourBitsK;
      case FIVE_BITS_K -> fiveBitsK;
      case SIX_BITS_K -> sixBitsK;
    };
  }

  /** The token for integer codes of packed rows. */
  PackedIntegers packed(PackedFormat format) {
    PackedIntegers integers = packed.get(format);
    if (integers == null) {
      integers = new PackedIntegers(format);
      packed.put(format, integers);
    }
    return integers;
  }

  @Override
  public void close() {
    floatBuffer.close();
  }
}
