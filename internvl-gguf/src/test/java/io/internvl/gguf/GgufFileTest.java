package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
  @TempDir Path directory;

  private Path small() throws IOException {
    Path path = directory.resolve("small.gguf");
    GgufWriter.create()
        .put("key", 1)
        .tensor("t", TensorType.F32, new long[] {2}, MemorySegment.ofArray(new float[] {1, 2}))
        .writeTo(path);
    return path;
  }

  @Test
  void namesMissingTensor() throws IOException {
    try (GgufFile file = GgufFile.open(small())) {
      assertThat(file.find("u")).isEmpty();
      assertThatExceptionOfType(GgufException.class)
          .isThrownBy(() -> file.require("u"))
          .withMessage(file.path() + ": tensor 'u' is missing among 1 tensors");
    }
  }

  @Test
  void givesReadOnlyViews() throws IOException {
    try (GgufFile file = GgufFile.open(small())) {
      MemorySegment data = file.require("t").data();
      assertThat(data.isMapped()).isTrue();
      assertThat(data.isReadOnly()).isTrue();
      assertThat(file.tensors()).isUnmodifiable();
      assertThat(file.require("t")).isSameAs(file.tensors().getFirst());
    }
  }

  @Test
  void refusesUseAfterClose() throws IOException {
    GgufFile file = GgufFile.open(small());
    GgufTensor tensor = file.require("t");
    file.close();
    file.close();
    String message = file.path() + ": the file is closed";
    assertThatIllegalStateException().isThrownBy(file::tensors).withMessage(message);
    assertThatIllegalStateException().isThrownBy(() -> file.find("t")).withMessage(message);
    assertThatIllegalStateException().isThrownBy(() -> file.require("t")).withMessage(message);
    assertThatIllegalStateException().isThrownBy(file::prefault).withMessage(message);
    assertThatIllegalStateException()
        .isThrownBy(() -> tensor.data().get(ValueLayout.JAVA_FLOAT, 0))
        .withMessageContaining("closed");
    assertThat(file.metadata().int32("key")).isEqualTo(1);
  }

  @Test
  void prefaultsWholeFile() throws IOException {
    Path path = Resources.copy("/families/qwen2-tied.gguf", directory);
    try (GgufFile file = GgufFile.open(path)) {
      file.prefault();
      assertThat(file.tensors()).allMatch(tensor -> tensor.data().isLoaded());
    }
  }

  @Test
  void prefaultsWithoutSomeTensors() throws IOException {
    Path path = Resources.copy("/families/qwen2-tied.gguf", directory);
    try (GgufFile file = GgufFile.open(path)) {
      long unwanted = 0;
      for (GgufTensor tensor : file.tensors()) {
        unwanted += isMatrix(tensor) ? tensor.data().byteSize() : 0;
      }
      assertThat(unwanted).isPositive();
      List<Long> done = new ArrayList<>();
      file.prefault(tensor -> !isMatrix(tensor), done::add);
      assertThat(done).isSorted().last().isEqualTo(file.sizeBytes() - unwanted);
      List<Long> stopped = new ArrayList<>();
      file.prefault(tensor -> !isMatrix(tensor), bytes -> !stopped.add(bytes));
      assertThat(stopped).containsExactly(done.getFirst());
    }
  }

  private static boolean isMatrix(GgufTensor tensor) {
    return tensor.rows() > 1;
  }

  @Test
  void readsTensorsPastTheMapping() throws IOException {
    Path path = Resources.copy("/families/qwen2-tied.gguf", directory);
    try (GgufFile file = GgufFile.open(path);
        TensorReader reader = file.newReader();
        GgufFile other = GgufFile.open(small());
        Arena arena = Arena.ofConfined()) {
      for (GgufTensor tensor : file.tensors()) {
        MemorySegment all = arena.allocate(tensor.data().byteSize());
        reader.read(tensor, 0, all);
        assertThat(all.mismatch(tensor.data())).isEqualTo(-1);
      }
      GgufTensor tensor = file.tensors().getLast();
      long size = tensor.data().byteSize();
      MemorySegment part = arena.allocate(8);
      reader.read(tensor, size - 8, part);
      assertThat(part.mismatch(tensor.data().asSlice(size - 8))).isEqualTo(-1);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> reader.read(tensor, size - 7, part))
          .withMessage(
              "tensor '%s' has %d bytes, asked for 8 from %d", tensor.name(), size, size - 7);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> reader.read(other.require("t"), 0, arena.allocate(1)))
          .withMessage("tensor 't' is not of " + path);
    }
  }

  @Test
  void reportsFileThatBecameShorter() throws IOException {
    Path path = Resources.copy("/families/qwen2-tied.gguf", directory);
    try (GgufFile file = GgufFile.open(path);
        TensorReader reader = file.newReader();
        Arena arena = Arena.ofConfined()) {
      long size = file.sizeBytes();
      GgufTensor tensor = file.tensors().getLast();
      MemorySegment target = arena.allocate(tensor.data().byteSize());
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(100);
      }
      assertThatExceptionOfType(GgufException.class)
          .isThrownBy(() -> reader.read(tensor, 0, target))
          .withMessage(
              "%s: ends at 100, after %d bytes when it was opened; another program has changed it",
              path, size);
    }
  }

  @Test
  void reportsFileThatIsNotThere() {
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> GgufFile.open(directory.resolve("none.gguf")));
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> GgufFile.open(directory.resolve("none-00001-of-00002.gguf")));
  }

  @Test
  void reportsDirectory() {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> GgufFile.open(directory))
        .withMessage(directory + ": a directory, expected a GGUF file");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsVersions(int version) throws IOException {
    byte[] bytes = GgufBytes.start(version).u64(0).u64(1).pair("k", 7).toByteArray();
    Path path = Files.write(directory.resolve("v.gguf"), bytes);
    try (GgufFile file = GgufFile.open(path)) {
      assertThat(file.metadata().int32("k")).isEqualTo(7);
    }
  }

  @Test
  void readsTensorsInAnyOrderWithGapsAndWithoutFinalPadding() throws IOException {
    Path path =
        GgufBytes.header(3, 0)
            .tensor("b", TensorType.I8.id(), 96, 5)
            .tensor("a", TensorType.I8.id(), 0, 32)
            .tensor("c", TensorType.I8.id(), 32, 1)
            .data(101)
            .save(directory);
    try (GgufFile file = GgufFile.open(path)) {
      assertThat(file.require("b").data().byteSize()).isEqualTo(5);
      assertThat(file.require("b").data().address() - file.require("a").data().address())
          .isEqualTo(96);
    }
  }

  @Test
  void readsBeyondFourGibibytes() throws IOException {
    long bytes = (1L << 32) + 4096;
    byte[] header =
        GgufBytes.header(3, 0)
            .tensor("huge", TensorType.Q8_0.id(), 0, 32L * 1024, bytes / 34 / 1024)
            .tensor("far", TensorType.F32.id(), bytes, 3)
            .tensor("tail", TensorType.F16.id(), 2 * bytes, 2)
            .data(0)
            .toByteArray();
    Path path = directory.resolve("huge.gguf");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(header.length + 2 * bytes + 4);
      file.write(header);
      file.seek(header.length + bytes);
      file.write(new byte[] {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40});
      file.seek(header.length + 2 * bytes);
      file.write(new byte[] {1, 2, 3, 4});
    }
    try (GgufFile file = GgufFile.open(path)) {
      assertThat(file.sizeBytes()).isEqualTo(header.length + 2 * bytes + 4);
      GgufTensor huge = file.require("huge");
      assertThat(huge.data().byteSize()).isGreaterThan((1L << 32) - 40_000);
      assertThat(huge.elements()).isEqualTo(huge.data().byteSize() / 34 * 32);
      assertThat(huge.data().get(ValueLayout.JAVA_BYTE, huge.data().byteSize() - 1)).isZero();
      assertThat(file.require("far").data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
          .containsExactly(1, 2, 3);
      assertThat(file.require("tail").data().toArray(ValueLayout.JAVA_BYTE))
          .containsExactly(1, 2, 3, 4);
    }
  }
}
