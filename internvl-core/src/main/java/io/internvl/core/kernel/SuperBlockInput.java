package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * A token as 16-bit integers for types with blocks of 256 elements.
 *
 * <p>Each block has a scale of its own: {@code x = scale q} with {@code |q| <= limit}. The integers
 * stand in the order in which a kernel meets them. Kernels multiply pairs of bytes as 16-bit lanes:
 * of every 128 elements come first those that belong to even bytes of the weights, then to odd
 * ones, of the low halves, then of the high halves.
 *
 * <p>Kernels add two 16-bit products in the upper half of a 32-bit lane, which makes sums 2¹⁶ too
 * large; the scales are 2¹⁶ too small, to make up for it.
 */
final class SuperBlockInput implements AutoCloseable {
  /** Elements of a block. */
  static final int BLOCK = 256;

  private static final float PAIR_FACTOR = 0x1p-16f;
  private static final float ROUNDING =
      12582912f; // 1.5 * 2^23: the sum has the integer in its bits
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  /** Which elements share a byte, and what the sums are for. */
  enum Order {
    /**
     * Q4_K, Q5_K: element i with i + 32 of every 64; sums of 32 elements in the upper eight lanes.
     */
    HALVES_OF_64,
    /** Q6_K: element i with i + 64 of every 128; sums of 16 elements times the offset 32. */
    HALVES_OF_128
  }

  private final int limit;
  private final int[] source = new int[128]; // element of each place
  private final Order order;
  private final Buffer buffer = new Buffer();
  private MemorySegment integers = MemorySegment.NULL; // 16-bit (cols)
  private MemorySegment scales = MemorySegment.NULL; // float32 (cols / 256)
  private MemorySegment sums = MemorySegment.NULL; // float32 (cols / 16)
  private MemorySegment rounded = MemorySegment.NULL; // 32-bit (256)
  private int reserved;
  private boolean ready;

  SuperBlockInput(int limit, Order order) {
    this.limit = limit;
    this.order = order;
    for (int i = 0; i < 64; i++) {
      boolean swapped = order == Order.HALVES_OF_64;
      int low = swapped ? i / 32 * 64 + i % 32 : i;
      int place = i % 2 * 32 + i / 2;
      source[place] = low;
      source[64 + place] = low + (swapped ? 32 : 64);
    }
  }

  void forget() {
    ready = false;
  }

  /** Computes the integers unless they are there already. */
  void prepare(MemorySegment x, int cols) {
    if (ready) {
      return;
    }
    if (cols != reserved) {
      reserve(cols);
    }
    int blocks = cols / BLOCK;
    for (int block = 0; block < blocks; block++) {
      quantise(x, block);
      arrange(block);
      addUp(block);
    }
    ready = true;
  }

  /** Divides the memory; done again only for another size, because views are objects. */
  private void reserve(int cols) {
    long integerBytes = (long) cols * Short.BYTES;
    long sumBytes = (long) cols / 16 * Float.BYTES;
    long scaleBytes = Panels.roundUp(cols / BLOCK, 16) * (long) Float.BYTES;
    long roundedBytes = (long) BLOCK * Integer.BYTES;
    MemorySegment all = buffer.atLeast(integerBytes + sumBytes + scaleBytes + roundedBytes);
    integers = all.asSlice(0, integerBytes);
    sums = all.asSlice(integerBytes, sumBytes);
    scales = all.asSlice(integerBytes + sumBytes, scaleBytes);
    rounded = all.asSlice(integerBytes + sumBytes + scaleBytes, roundedBytes);
    reserved = cols;
  }

  private void quantise(MemorySegment x, int block) {
    long from = (long) block * BLOCK * Float.BYTES;
    FloatVector max = FloatVector.zero(FLOATS);
    for (int i = 0; i < BLOCK; i += LANES) {
      max = max.max(FloatVector.fromMemorySegment(FLOATS, x, from + 4L * i, ORDER).abs());
    }
    float largest = max.reduceLanes(VectorOperators.MAX);
    float inverse = largest == 0 ? 0 : limit / largest;
    for (int i = 0; i < BLOCK; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, x, from + 4L * i, ORDER);
      IntVector bits = v.mul(inverse).add(ROUNDING).reinterpretAsInts();
      bits.sub(Float.floatToRawIntBits(ROUNDING)).intoMemorySegment(rounded, 4L * i, ORDER);
    }
    scales.set(FLOAT, 4L * block, largest / limit * PAIR_FACTOR);
  }

  private void arrange(int block) {
    long to = (long) block * BLOCK * Short.BYTES;
    for (int half = 0; half < BLOCK; half += 128) {
      for (int i = 0; i < 128; i++) {
        int q = rounded.get(INT, 4L * (half + source[i]));
        integers.set(SHORT, to + 2L * (half + i), (short) q);
      }
    }
  }

  private void addUp(int block) {
    boolean of32 = order == Order.HALVES_OF_64;
    int size = of32 ? 32 : 16;
    float factor = of32 ? 1 / PAIR_FACTOR : 32 / PAIR_FACTOR;
    long to = 64L * block;
    for (int i = 0; i < 16; i++) {
      int first = of32 ? (i - 8) * size : i * size;
      int sum = 0;
      for (int j = 0; j < size && first >= 0; j++) {
        sum += rounded.get(INT, 4L * (first + j));
      }
      sums.set(FLOAT, to + 4L * i, sum * factor);
    }
  }

  MemorySegment integers() {
    return integers;
  }

  MemorySegment scales() {
    return scales;
  }

  MemorySegment sums() {
    return sums;
  }

  @Override
  public void close() {
    buffer.close();
  }
}
