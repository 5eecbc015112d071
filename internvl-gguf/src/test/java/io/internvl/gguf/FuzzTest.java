package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to a file, it is read in full or refused with a {@link GgufException}. */
class FuzzTest {
  private static final int VARIANTS = 2500;

  @TempDir Path directory;
  private byte[] valid = new byte[0];
  private Path path;

  @BeforeEach
  void writeValidFile() throws IOException {
    path = directory.resolve("fuzz.gguf");
    GgufWriter writer =
        GgufWriter.create()
            .put("general.architecture", "qwen2")
            .put("u8", GgufValueType.U8, 1)
            .put("i64", GgufValueType.I64, -1L)
            .put("f64", GgufValueType.F64, 1.5)
            .put("bool", true)
            .alignment(32)
            .put("tokens", List.of("a", "bc", "def", "ö"))
            .put("scores", new float[] {1, 2, 3})
            .put("types", new int[] {1, 2, 3})
            .put("flags", GgufValueType.BOOL, new boolean[] {true, false});
    for (TensorType type : List.of(TensorType.F32, TensorType.Q8_0, TensorType.MXFP4)) {
      long bytes = type.byteSize(64);
      writer.tensor(
          "blk.0." + type, type, new long[] {32, 2}, MemorySegment.ofArray(new byte[(int) bytes]));
    }
    writer.writeTo(path);
    valid = Files.readAllBytes(path);
  }

  /** Writes in place: some file systems flush a file that is truncated and written again. */
  private void overwrite(byte[] bytes) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(bytes));
    }
  }

  /** Opens the file and touches all that can be reached. */
  private boolean accepted(String variant) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      for (GgufTensor tensor : file.tensors()) {
        assertThat(tensor.data().byteSize())
            .as(variant)
            .isEqualTo(tensor.type().byteSize(tensor.elements()));
        assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE).length)
            .as(variant)
            .isLessThanOrEqualTo(valid.length);
      }
      GgufMetadata metadata = file.metadata();
      metadata.keys().forEach(key -> assertThat(metadata.value(key)).isPresent());
      return true;
    } catch (GgufException e) {
      assertThat(e).hasMessageStartingWith(path.toString());
      return false;
    } catch (RuntimeException | OutOfMemoryError e) {
      return fail(variant, e);
    }
  }

  @Test
  void survivesTruncationAtEveryLength() throws IOException {
    int dataEnd = valid.length - Math.floorMod(-TensorType.MXFP4.byteSize(64), 32);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      for (int length = valid.length; length >= 0; length--) {
        file.setLength(length);
        assertThat(accepted("cut at " + length))
            .as("cut at " + length)
            .isEqualTo(length >= dataEnd);
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void survivesFlippedBytes(long seed) throws IOException {
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < VARIANTS; i++) {
      byte[] bytes = valid.clone();
      int flips = 1 + random.nextInt(4);
      for (int flip = 0; flip < flips; flip++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      overwrite(bytes);
      accepted += accepted("seed " + seed + ", variant " + i) ? 1 : 0;
    }
    assertThat(accepted).isBetween(1, VARIANTS - 1);
  }

  /** Counts, lengths and offsets become extreme; everything else stays valid. */
  @ParameterizedTest(name = "value {0}")
  @ValueSource(longs = {0, 1, 33, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1, -32})
  void survivesExtremeNumbersAtEveryOffset(long value) throws IOException {
    byte[] number = new GgufBytes().u64(value).toByteArray();
    for (int at = 0; at <= valid.length - 8; at++) {
      for (int width = 4; width <= 8; width += 4) {
        byte[] bytes = valid.clone();
        System.arraycopy(number, 0, bytes, at, width);
        overwrite(bytes);
        accepted(value + " at " + at);
      }
    }
  }
}
