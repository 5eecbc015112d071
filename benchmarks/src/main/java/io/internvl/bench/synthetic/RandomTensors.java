package io.internvl.bench.synthetic;

import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Adds tensors with random contents to a file that is being written. */
final class RandomTensors {
  private static final float WEIGHT_DEVIATION = 0.02f;
  private static final float NORM_DEVIATION = 0.05f;

  private final GgufWriter writer;
  private final long seed;
  private final SplittableRandom random;
  private final Map<TensorType, BlockPool> pools;

  RandomTensors(GgufWriter writer, long seed) {
    this(writer, seed, new EnumMap<>(TensorType.class));
  }

  /** Takes blocks from pools that several files share; missing ones are added. */
  RandomTensors(GgufWriter writer, long seed, Map<TensorType, BlockPool> pools) {
    this.pools = pools;
    this.writer = writer;
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  /** Adds weights; dims fastest first. */
  void weights(String name, TensorType type, long... dims) {
    BlockPool pool =
        pools.computeIfAbsent(type, key -> BlockPool.create(key, WEIGHT_DEVIATION, seed));
    int firstBlock = pool.randomBlock(random);
    long elements = 1;
    for (long dim : dims) {
      elements = Math.multiplyExact(elements, dim);
    }
    long bytes = type.byteSize(elements);
    writer.tensor(name, type, dims, channel -> pool.writeTo(channel, firstBlock, bytes));
  }

  /** Adds a float32 vector of random values around zero. */
  void vector(String name, int length, float deviation) {
    float32(name, length, 0, deviation);
  }

  /** Adds a float32 vector of random values around one. */
  void norm(String name, int length) {
    float32(name, length, 1, NORM_DEVIATION);
  }

  /** Adds a float32 vector of equal values. */
  void constant(String name, int length, float value) {
    float32(name, length, value, 0);
  }

  private void float32(String name, int length, float mean, float deviation) {
    ByteBuffer values = ByteBuffer.allocate(length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < length; i++) {
      values.putFloat((float) (mean + deviation * random.nextGaussian()));
    }
    values.flip();
    writer.tensor(
        name,
        TensorType.F32,
        new long[] {length},
        channel -> {
          ByteBuffer rest = values.duplicate();
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
        });
  }
}
