package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitModelTest {
  private static final int TENSORS = 7;

  @TempDir Path directory;

  private static GgufWriter model() {
    GgufWriter writer = GgufWriter.create().put("general.name", "split").alignment(64);
    for (int i = 0; i < TENSORS; i++) {
      byte[] data = new byte[1000];
      Arrays.fill(data, (byte) i);
      writer.tensor("t" + i, TensorType.I8, new long[] {1000}, MemorySegment.ofArray(data));
    }
    return writer;
  }

  /** Parts of two tensors each, the last of one. */
  private List<Path> parts() throws IOException {
    return model().writeSplit(directory, "model", 2600);
  }

  private void assertFails(Path path, String... contents) {
    assertThatExceptionOfType(GgufException.class)
        .isThrownBy(() -> GgufFile.open(path).close())
        .withMessageContainingAll(contents);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void opensAllPartsGivenAnyOfThem(int given) throws IOException {
    List<Path> parts = parts();
    assertThat(parts).hasSize(4);
    try (GgufFile file = GgufFile.open(parts.get(given))) {
      assertThat(file.path()).isEqualTo(parts.get(given));
      assertThat(file.parts()).isEqualTo(parts);
      assertThat(file.metadata().string("general.name")).isEqualTo("split");
      assertThat(file.metadata().int32("split.no")).isZero();
      assertThat(file.tensors()).hasSize(TENSORS);
      for (int i = 0; i < TENSORS; i++) {
        assertThat(file.tensors().get(i).name()).isEqualTo("t" + i);
        assertThat(file.require("t" + i).data().get(ValueLayout.JAVA_BYTE, 999))
            .isEqualTo((byte) i);
      }
      long size = 0;
      for (Path part : parts) {
        size += Files.size(part);
      }
      assertThat(file.sizeBytes()).isEqualTo(size);
      file.prefault();
    }
  }

  @Test
  void namesPartsAndKeysAsLlamaCppDoes() throws IOException {
    List<Path> parts = parts();
    assertThat(parts.get(1)).hasFileName("model-00002-of-00004.gguf");
    Path alone = Files.copy(parts.get(1), directory.resolve("alone-00001-of-00001.gguf"));
    assertFails(alone, "key 'split.count' is 4, but by the name the number of parts is 1");
    GgufMetadata first = metadataOf(parts.get(0));
    GgufMetadata second = metadataOf(parts.get(1));
    assertThat(second.keys())
        .containsExactly("general.alignment", "split.no", "split.count", "split.tensors.count");
    assertThat(second.type("split.no")).isEqualTo(GgufValueType.U16);
    assertThat(second.type("split.count")).isEqualTo(GgufValueType.U16);
    assertThat(second.type("split.tensors.count")).isEqualTo(GgufValueType.I32);
    assertThat(second.int32("split.no")).isEqualTo(1);
    assertThat(second.int32("split.count")).isEqualTo(4);
    assertThat(second.int32("split.tensors.count")).isEqualTo(TENSORS);
    assertThat(first.keys()).contains("general.name", "split.no");
  }

  @Test
  void keepsPartsWithinLimit() throws IOException {
    for (long limit : new long[] {1, 1300, 2000, 2600, 3700, 100_000}) {
      Path target = Files.createDirectory(directory.resolve("limit" + limit));
      List<Path> parts = model().writeSplit(target, "m", limit);
      for (Path part : parts) {
        if (limit >= 2000) {
          assertThat(Files.size(part)).isLessThanOrEqualTo(limit);
        }
      }
      try (GgufFile file = GgufFile.open(parts.getLast())) {
        assertThat(file.tensors()).hasSize(TENSORS);
      }
    }
    assertThat(directory.resolve("limit1").toFile().list()).hasSize(TENSORS);
    assertThat(directory.resolve("limit100000").toFile().list()).hasSize(1);
  }

  @Test
  void joinsAndSplitsAgain() throws IOException {
    Path joined = directory.resolve("joined.gguf");
    try (GgufFile file = GgufFile.open(parts().getFirst())) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      file.tensors().forEach(writer::tensor);
      writer.writeTo(joined);
    }
    Path direct = directory.resolve("direct.gguf");
    model().writeTo(direct);
    assertThat(joined).hasSameBinaryContentAs(direct);
  }

  @Test
  void namesMissingPart() throws IOException {
    List<Path> parts = parts();
    Files.delete(parts.get(2));
    assertFails(
        parts.get(0), parts.get(0) + ": part 3 of 4 is missing, expected at " + parts.get(2));
  }

  @Test
  void refusesPartUnderNameOfAnother() throws IOException {
    List<Path> parts = parts();
    Files.copy(parts.get(0), parts.get(1), StandardCopyOption.REPLACE_EXISTING);
    assertFails(parts.get(0), parts.get(1).toString(), "key 'split.no' is 0", "expected 1");
  }

  @Test
  void refusesRenamedPart() throws IOException {
    Path renamed = Files.move(parts().get(0), directory.resolve("renamed.gguf"));
    assertFails(
        renamed,
        "key 'split.count' is 4, but by the name the number of parts is 1",
        "model-00001-of-00003.gguf");
  }

  @Test
  void refusesPartWithoutSplitKeys() throws IOException {
    Files.write(directory.resolve("m-00001-of-00002.gguf"), GgufBytes.header(0, 0).toByteArray());
    Path second =
        Files.write(
            directory.resolve("m-00002-of-00002.gguf"), GgufBytes.header(0, 0).toByteArray());
    assertFails(second, "m-00001-of-00002.gguf: key 'split.count' is missing", "part 1 of 2");
  }

  @Test
  void refusesWrongTensorTotal() throws IOException {
    assertFails(
        pair(3, "a", "b"), "key 'split.tensors.count' is 3, but found were 2 tensors in 2 parts");
  }

  @Test
  void refusesTensorInTwoParts() throws IOException {
    assertFails(pair(2, "a", "a"), "m-00002-of-00002.gguf: tensor 'a' is in an earlier part");
  }

  @Test
  void readsFirstPartWithoutTensors() throws IOException {
    Path first = pair(1, "", "b");
    try (GgufFile file = GgufFile.open(first)) {
      assertThat(file.tensors()).extracting(GgufTensor::name).containsExactly("b");
    }
  }

  @Test
  void takesImpossiblePartNumberForAnOrdinaryName() throws IOException {
    for (String name : List.of("m-00003-of-00002.gguf", "m-00000-of-00000.gguf")) {
      Path path = Files.write(directory.resolve(name), GgufBytes.header(0, 0).toByteArray());
      try (GgufFile file = GgufFile.open(path)) {
        assertThat(file.parts()).containsExactly(path);
      }
    }
  }

  @Test
  void refusesToWriteTooManyParts() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model().writeSplit(directory, "m", 0))
        .withMessage("maxBytes is 0, expected at least 1");
    GgufWriter writer = GgufWriter.create();
    MemorySegment data = MemorySegment.ofArray(new byte[1]);
    for (int i = 0; i < 65_536; i++) {
      writer.tensor("t" + i, TensorType.I8, new long[] {1}, data);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.writeSplit(directory, "m", 1))
        .withMessage("maxBytes 1 makes 65536 parts, allowed are 65535; raise it");
  }

  private static GgufMetadata metadataOf(Path part) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return GgufParser.parse(part, arena).metadata();
    }
  }

  /** Two parts with one tensor each, none where the name is empty. */
  private Path pair(int total, String... names) throws IOException {
    Path first = directory;
    for (int i = 1; i >= 0; i--) {
      GgufBytes bytes = GgufBytes.header(names[i].isEmpty() ? 0 : 1, 3).split(i, 2, total);
      if (!names[i].isEmpty()) {
        bytes.tensor(names[i], TensorType.I8.id(), 0, 1).data(32);
      }
      first =
          Files.write(
              directory.resolve("m-0000" + (i + 1) + "-of-00002.gguf"), bytes.toByteArray());
    }
    return first;
  }
}
