package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** The kernels under test beside their definition, and random data for both. */
final class KernelPair implements AutoCloseable {
  final Arena arena = Arena.ofShared();
  final Kernels scalar;
  final Kernels vector;
  final Workspace scalarWorkspace;
  final Workspace vectorWorkspace;
  private final Random random;

  KernelPair(int threads, long seed) {
    scalar = new ScalarKernels(new KernelOptions(1, Precision.EXACT));
    vector = new VectorKernels(new KernelOptions(threads, Precision.EXACT));
    scalarWorkspace = scalar.newWorkspace();
    vectorWorkspace = vector.newWorkspace();
    random = new Random(seed);
  }

  /** Returns normally distributed values; the padding of its rows is not a number. */
  Tensor random(int rows, int cols) {
    Tensor tensor = Tensor.allocate(arena, rows, cols);
    for (long i = 0; i < tensor.segment().byteSize(); i += Float.BYTES) {
      tensor.segment().set(ValueLayout.JAVA_FLOAT, i, Float.NaN);
    }
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        tensor.set(row, col, (float) random.nextGaussian());
      }
    }
    return tensor;
  }

  Tensor copy(Tensor tensor) {
    Tensor copy = Tensor.allocate(arena, tensor.rows(), tensor.cols());
    MemorySegment.copy(tensor.segment(), 0, copy.segment(), 0, tensor.segment().byteSize());
    return copy;
  }

  WeightMatrix weight(TensorType type, int rows, int cols) {
    MemorySegment data = arena.allocate(type.byteSize((long) rows * cols));
    for (long i = 0; i < (long) rows * cols; i++) {
      float value = (float) random.nextGaussian();
      switch (type) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, value);
        case F16 ->
            data.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Float.floatToFloat16(value));
        case BF16 ->
            data.setAtIndex(
                ValueLayout.JAVA_SHORT_UNALIGNED, i, (short) (Float.floatToIntBits(value) >>> 16));
        default -> throw new IllegalArgumentException(type.toString());
      }
    }
    return new WeightMatrix("weight", type, rows, cols, data);
  }

  /** Returns blocks of random bytes with a scale around 1 in front. */
  WeightMatrix quantized(TensorType type, int rows, int cols) {
    byte[] bytes = new byte[Math.toIntExact(type.byteSize((long) rows * cols))];
    random.nextBytes(bytes);
    MemorySegment data = arena.allocate(bytes.length);
    MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
    for (int at = 0; at < bytes.length; at += type.blockBytes()) {
      float scale = (float) Math.exp(random.nextGaussian()) / 100;
      data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(scale));
    }
    return new WeightMatrix("weight", type, rows, cols, data);
  }

  /** Writes the factor of a block of IQ1_M: the top nibbles of four words. */
  static void scatterHalf(MemorySegment data, long block, float value) {
    int bits = Float.floatToFloat16(value);
    for (int i = 0; i < 4; i++) {
      long at = block + 48 + 2 * i;
      int word = data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xFFF;
      data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (word | (bits >> 4 * i & 15) << 12));
    }
  }

  /** The same matrix with a packed copy, if these kernels make one of its type. */
  WeightMatrix packed(Kernels kernels, WeightMatrix weight) {
    WeightMatrix reserved = kernels.withPacked(weight);
    PackedRows packed = reserved.packed();
    if (packed != null) {
      MemorySegment memory = arena.allocate(packed.byteSize(), 64);
      packed.pack(weight.data(), weight.rows(), memory);
      packed.use(memory);
    }
    return reserved;
  }

  /** The same matrix in a mapped file, where the weights of a model are. */
  WeightMatrix mapped(WeightMatrix weight) {
    try {
      Path path = Files.createTempFile("weights", ".bin");
      try (FileChannel channel =
          FileChannel.open(
              path,
              StandardOpenOption.WRITE,
              StandardOpenOption.READ,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        channel.write(weight.data().asByteBuffer());
        MemorySegment data =
            channel.map(FileChannel.MapMode.READ_ONLY, 0, weight.data().byteSize(), arena);
        return new WeightMatrix(weight.name(), weight.type(), weight.rows(), weight.cols(), data);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Linear linear(TensorType type, int rows, int cols, boolean bias) {
    return new Linear(weight(type, rows, cols), bias ? random(1, rows) : null);
  }

  /** Checks that the first rows are equal but for rounding. */
  static void assertClose(Tensor actual, Tensor expected, int rows, double tolerance) {
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < expected.cols(); col++) {
        double want = expected.get(row, col);
        double difference = Math.abs(actual.get(row, col) - want);
        if (!(difference <= tolerance * (1 + Math.abs(want)))) {
          assertThat((double) actual.get(row, col))
              .as("element (%d, %d), tolerance %g", row, col, tolerance)
              .isEqualTo(want);
        }
      }
    }
  }

  /** Checks that all bits are equal. */
  static void assertSame(Tensor actual, Tensor expected, int rows) {
    float[] a = new float[expected.cols()];
    float[] b = new float[expected.cols()];
    for (int row = 0; row < rows; row++) {
      actual.copyRowTo(row, a, 0);
      expected.copyRowTo(row, b, 0);
      assertThat(a).as("row %d", row).isEqualTo(b);
    }
  }

  @Override
  public void close() {
    scalarWorkspace.close();
    vectorWorkspace.close();
    scalar.close();
    vector.close();
    arena.close();
  }
}
