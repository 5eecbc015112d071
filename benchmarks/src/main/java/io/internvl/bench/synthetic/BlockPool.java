package io.internvl.bench.synthetic;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.SplittableRandom;

/**
 * A few megabytes of valid random blocks of one tensor type, from which tensors of any size are
 * filled.
 *
 * <p>Codes are random bits. Scale fields are set so that the decoded elements have the wanted
 * standard deviation, and minima so that their mean is about zero. The number of blocks is prime:
 * rows of a tensor that is filled from the pool do not repeat before the whole pool was used once
 * for each of its blocks. Immutable after creation.
 */
public final class BlockPool {
  private static final int TARGET_BYTES = 4 << 20;
  private static final int SAMPLE_BLOCKS = 64;
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt FLOAT_BITS =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final TensorType type;
  private final SplittableRandom random;
  private final MemorySegment blocks;
  private final int count;

  private BlockPool(TensorType type, SplittableRandom random) {
    this.type = type;
    this.random = random;
    this.count = primeBelow(TARGET_BYTES / type.blockBytes());
    this.blocks = MemorySegment.ofArray(new byte[count * type.blockBytes()]);
  }

  /**
   * Makes a pool.
   *
   * @param type tensor type
   * @param deviation standard deviation of the elements
   * @param seed equal seeds give equal pools
   * @return the pool
   */
  public static BlockPool create(TensorType type, float deviation, long seed) {
    BlockPool pool = new BlockPool(type, new SplittableRandom(seed * 64 + type.id()));
    if (type.blockSize() == 1) {
      pool.fillPlain(deviation);
    } else {
      pool.fillCodes();
      pool.fillScales(deviation);
    }
    return pool;
  }

  /**
   * Fills memory with blocks, starting over at the end of the pool.
   *
   * @param target memory to fill, a whole number of blocks
   */
  public void fill(MemorySegment target) {
    for (long done = 0; done < target.byteSize(); done += blocks.byteSize()) {
      long part = Math.min(blocks.byteSize(), target.byteSize() - done);
      MemorySegment.copy(blocks, 0, target, done, part);
    }
  }

  /** Picks a block where a tensor may start. */
  int randomBlock(SplittableRandom source) {
    return source.nextInt(count);
  }

  /**
   * Writes blocks, starting over at the end of the pool.
   *
   * @param channel receives them
   * @param firstBlock index of the first block
   * @param bytes number of bytes, a whole number of blocks
   * @throws IOException when writing fails
   */
  void writeTo(WritableByteChannel channel, int firstBlock, long bytes) throws IOException {
    long from = (long) firstBlock * type.blockBytes();
    long left = bytes;
    while (left > 0) {
      long part = Math.min(blocks.byteSize() - from, left);
      ByteBuffer buffer = blocks.asSlice(from, part).asByteBuffer();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      left -= part;
      from = 0;
    }
  }

  private void fillPlain(float deviation) {
    for (int i = 0; i < count; i++) {
      float value = (float) (random.nextGaussian() * deviation);
      switch (type) {
        case F32 -> blocks.set(FLOAT_BITS, 4L * i, Float.floatToRawIntBits(value));
        case F16 -> blocks.set(HALF, 2L * i, Float.floatToFloat16(value));
        case BF16 -> blocks.set(HALF, 2L * i, (short) (Float.floatToRawIntBits(value) >>> 16));
        default -> throw new IllegalArgumentException("no random elements of type " + type);
      }
    }
  }

  private void fillCodes() {
    byte[] bytes = (byte[]) blocks.heapBase().orElseThrow();
    random.nextBytes(bytes);
    for (int i = 0; i < count; i++) {
      int start = i * type.blockBytes();
      switch (type) {
        case Q2_K -> pairNibbles(bytes, start, 16);
        case Q4_K, Q5_K -> {
          System.arraycopy(bytes, start + 4, bytes, start + 8, 4);
          pairNibbles(bytes, start + 12, 4);
        }
        case TQ2_0 -> removeCode3(bytes, start, 64);
        case Q2_0 -> removeCode3(bytes, start + 2, 16);
        default -> {}
      }
    }
  }

  /** Makes each sub-block's minimum field equal to its scale field. */
  private static void pairNibbles(byte[] bytes, int start, int length) {
    for (int i = start; i < start + length; i++) {
      bytes[i] = (byte) ((bytes[i] & 15) * 0x11);
    }
  }

  private static void removeCode3(byte[] bytes, int start, int length) {
    for (int i = start; i < start + length; i++) {
      int threes = bytes[i] & (bytes[i] >> 1) & 0x55;
      bytes[i] ^= (byte) (threes << 1);
    }
  }

  private void fillScales(float deviation) {
    for (int i = 0; i < SAMPLE_BLOCKS; i++) {
      setScale(i, 1f);
    }
    float[] sample = new float[SAMPLE_BLOCKS * type.blockSize()];
    BlockCodecs.of(type).decode(blocks, 0, sample, 0, sample.length);
    double squares = 0;
    for (float value : sample) {
      squares += value * value;
    }
    double unit = deviation / Math.sqrt(squares / sample.length);
    for (int i = 0; i < count; i++) {
      setScale(i, (float) (unit * (0.75 + 0.5 * random.nextDouble())));
    }
  }

  private void setScale(int block, float scale) {
    long start = (long) block * type.blockBytes();
    switch (type) {
      case Q4_1 -> setHalves(start, scale, start + 2, -7.5f * scale);
      case Q5_1 -> setHalves(start, scale, start + 2, -15.5f * scale);
      case Q2_K -> setHalves(start + 80, scale, start + 82, 1.5f * scale);
      case Q4_K -> setHalves(start, scale, start + 2, 7.5f * scale);
      case Q5_K -> setHalves(start, scale, start + 2, 15.5f * scale);
      case Q3_K -> setHalf(start + 108, scale);
      case Q6_K -> setHalf(start + 208, scale);
      case TQ1_0 -> setHalf(start + 52, scale);
      case TQ2_0 -> setHalf(start + 64, scale);
      case IQ1_M -> spreadHalf(start + 48, scale);
      case MXFP4 ->
          blocks.set(ValueLayout.JAVA_BYTE, start, (byte) (128 + Math.getExponent(scale)));
      case NVFP4 -> {
        for (int i = 0; i < 4; i++) {
          blocks.set(ValueLayout.JAVA_BYTE, start + i, smallFloat(scale));
        }
      }
      case Q4_0,
          Q5_0,
          Q8_0,
          IQ2_XXS,
          IQ2_XS,
          IQ2_S,
          IQ3_XXS,
          IQ3_S,
          IQ1_S,
          IQ4_NL,
          IQ4_XS,
          Q1_0,
          Q2_0 ->
          setHalf(start, scale);
      default -> throw new IllegalArgumentException("no random blocks of type " + type);
    }
  }

  private void setHalves(long first, float a, long second, float b) {
    setHalf(first, a);
    setHalf(second, b);
  }

  private void setHalf(long offset, float value) {
    blocks.set(HALF, offset, Float.floatToFloat16(value));
  }

  /** IQ1_M keeps its scale in the upper four bits of four 16-bit words. */
  private void spreadHalf(long offset, float value) {
    int bits = Float.floatToFloat16(value);
    for (int i = 0; i < 4; i++) {
      int word = blocks.get(HALF, offset + 2L * i) & 0xFFF;
      blocks.set(HALF, offset + 2L * i, (short) (word | (bits >> 4 * i & 15) << 12));
    }
  }

  /** Rounds to an unsigned float of four exponent bits (bias 7) and three mantissa bits. */
  private static byte smallFloat(float value) {
    int exponent = Math.max(Math.getExponent(value), -6);
    int mantissa = Math.round(value / Math.scalb(1f, exponent - 3));
    return (byte) (mantissa < 8 ? mantissa : (exponent + 7 << 3) + mantissa - 8);
  }

  private static int primeBelow(int limit) {
    int candidate = limit | 1;
    while (!isPrime(candidate)) {
      candidate -= 2;
    }
    return candidate;
  }

  private static boolean isPrime(int odd) {
    for (int i = 3; i * i <= odd; i += 2) {
      if (odd % i == 0) {
        return false;
      }
    }
    return true;
  }
}
