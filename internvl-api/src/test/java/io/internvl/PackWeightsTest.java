package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights in a layout for decoding. */
class PackWeightsTest {
  private static final String CASE = "081-multi-turn";

  @TempDir static Path directory;
  private static Path path;

  @BeforeAll
  static void copy() throws IOException {
    path = TinyFiles.copy(directory, TinyFiles.F32, TinyFiles.F32_PART_2, TinyFiles.F32_VISION);
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_K", "Q5_0", "Q6_K"})
  void answersStay(WeightType type) throws IOException {
    assertThat(answer(type, true)).isEqualTo(answer(type, false));
  }

  private static String answer(WeightType type, boolean pack) throws IOException {
    ModelOptions options = ModelOptions.builder().weights(type).packWeights(pack).build();
    assertThat(options.packWeights()).isEqualTo(pack);
    GoldenCase golden = GoldenCase.byId(CASE);
    try (Model model = Model.load(path, options);
        Session session = model.newSession(golden.sessionOptions())) {
      return session.chat(golden.question()).text();
    }
  }

  @Test
  void progressIsCountedInBytes() throws IOException {
    List<Long> done = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    ModelOptions.Builder options =
        ModelOptions.builder()
            .textOnly(true)
            .packWeights(true)
            .progress((stage, finished, total) -> {
              if (stage == ProgressListener.Stage.PACK) {
                done.add(finished);
                totals.add(total);
              }
            });
    Model.load(path, options.weights(WeightType.STORED).build()).close();
    assertThat(done).isEmpty(); // float32 is not packed
    Model.load(path, options.weights(WeightType.Q4_0).build()).close();
    assertThat(totals).isNotEmpty().containsOnly(totals.getFirst());
    assertThat(done).isSorted().last().isEqualTo(totals.getFirst());
  }

  @Test
  void exactModelsHaveNoCopies() throws IOException {
    List<ProgressListener.Stage> stages = new ArrayList<>();
    ModelOptions options =
        ModelOptions.builder()
            .textOnly(true)
            .precision(Precision.EXACT)
            .weights(WeightType.Q4_0)
            .packWeights(true)
            .progress((stage, done, total) -> stages.add(stage))
            .build();
    Model.load(path, options).close();
    assertThat(stages).doesNotContain(ProgressListener.Stage.PACK);
  }

  /** Loads with copies in a file and answers; returns how many copies were made. */
  private static List<Long> load(WeightType type, Path file, String expected) throws IOException {
    List<Long> packed = new ArrayList<>();
    ModelOptions options =
        ModelOptions.builder()
            .weights(type)
            .packWeights(file)
            .progress((stage, done, total) -> {
              if (stage == ProgressListener.Stage.PACK) {
                packed.add(done);
              }
            })
            .build();
    assertThat(options.packWeights()).isTrue();
    assertThat(options.packedFile()).contains(file);
    GoldenCase golden = GoldenCase.byId(CASE);
    try (Model model = Model.load(path, options);
        Session session = model.newSession(golden.sessionOptions())) {
      assertThat(session.chat(golden.question()).text()).isEqualTo(expected);
    }
    return packed;
  }

  @Test
  void aFileKeepsTheCopies() throws IOException {
    String fours = answer(WeightType.Q4_0, true);
    String fives = answer(WeightType.Q5_0, true);
    Path file = directory.resolve("tiny.packed");
    assertThat(load(WeightType.Q4_0, file, fours)).as("made").isNotEmpty();
    byte[] made = Files.readAllBytes(file);
    assertThat(load(WeightType.Q4_0, file, fours)).as("found").isEmpty();
    assertThat(file).hasBinaryContent(made);
    assertThat(load(WeightType.Q5_0, file, fives)).as("of other weights").isNotEmpty();
    assertThat(load(WeightType.Q5_0, file, fives)).as("found").isEmpty();
    Files.write(file, Arrays.copyOf(made, made.length - 1));
    assertThat(load(WeightType.Q4_0, file, fours)).as("too short").isNotEmpty();
    assertThat(file).hasBinaryContent(made);
    made[12]++; // the size
    Files.write(file, made);
    assertThat(load(WeightType.Q4_0, file, fours)).as("of another size").isNotEmpty();
    try (Stream<Path> all = Files.list(directory)) {
      assertThat(all).noneMatch(other -> other.toString().endsWith(".part"));
    }
  }

  @Test
  void aFileOfSomethingElseStays() throws IOException {
    Path file = Files.writeString(directory.resolve("letter.txt"), "Dear reader");
    ModelOptions options =
        ModelOptions.builder().weights(WeightType.Q4_0).packWeights(file).build();
    assertThatExceptionOfType(ModelLoadException.class)
        .isThrownBy(() -> Model.load(path, options).close())
        .withMessage(
            file
                + ": is no file of packed weights, which start with 'InternVL'; it is left as it"
                + " is: name another file");
    assertThat(file).hasContent("Dear reader");
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() throws IOException {
    Path file = directory.resolve("nowhere").resolve("tiny.packed");
    ModelOptions options =
        ModelOptions.builder().weights(WeightType.Q4_0).packWeights(file).build();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Model.load(path, options).close())
        .withMessage(file + ": there is no directory " + file.getParent());
  }
}
