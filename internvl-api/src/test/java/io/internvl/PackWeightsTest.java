package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    try (Model model = Model.load(path, options.weights(WeightType.Q4_0).build())) {
      assumeThat(model.info().kernels()).doesNotContain("512-bit"); // which packs nothing
    }
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
}
