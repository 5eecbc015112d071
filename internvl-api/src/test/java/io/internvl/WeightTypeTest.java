package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The float32 model with weights that are quantised while loading. */
class WeightTypeTest {
  private static final List<String> MEASURED =
      List.of("001-describe", "037-position", "081-multi-turn");
  private static final List<String> ANSWERED = List.of("001-describe", "081-multi-turn");

  @TempDir static Path directory;
  private static Path path;

  @BeforeAll
  static void copy() throws IOException {
    path = TinyFiles.copy(directory, TinyFiles.F32, TinyFiles.F32_PART_2, TinyFiles.F32_VISION);
  }

  /**
   * Variance of the logits' errors relative to the golden logits' own variance, the mean of some
   * questions: single ones differ by chance.
   */
  @ParameterizedTest
  @CsvSource({
    "Q8_0, 0.0005",
    "Q6_K, 0.005",
    "Q5_K, 0.02",
    "Q5_1, 0.02",
    "Q5_0, 0.02",
    "Q4_K, 0.08",
    "Q4_1, 0.08",
    "Q4_0, 0.08"
  })
  void logitsStayWithinTheBudgetOfTheType(WeightType type, double budget) throws IOException {
    double error = 0;
    try (Model model = Model.load(path, options(type).build())) {
      for (String id : MEASURED) {
        GoldenCase golden = GoldenCase.byId(id);
        try (Session session = model.newSession(golden.sessionOptions());
            ReplyStream stream = session.stream(golden.question())) {
          float[] logits = session.lastLogits();
          stream.cancel();
          error += relativeVariance(logits, golden.firstTokenLogits().orElseThrow());
        }
      }
    }
    assertThat(error / MEASURED.size()).isLessThan(budget);
  }

  private static ModelOptions.Builder options(WeightType type) {
    return ModelOptions.builder().weights(type).precision(Precision.EXACT);
  }

  private static double relativeVariance(float[] logits, float[] golden) {
    double mean = 0;
    for (float value : golden) {
      mean += value / golden.length;
    }
    double errors = 0;
    double deviations = 0;
    for (int i = 0; i < golden.length; i++) {
      errors += (logits[i] - golden[i]) * (double) (logits[i] - golden[i]);
      deviations += (golden[i] - mean) * (golden[i] - mean);
    }
    return errors / deviations;
  }

  @ParameterizedTest
  @EnumSource(
      value = WeightType.class,
      names = {"Q8_0", "Q6_K", "Q4_K"})
  void answersWithAClearMarginStay(WeightType type) throws IOException {
    try (Model model = Model.load(path, options(type).build())) {
      for (String id : ANSWERED) {
        GoldenCase golden = GoldenCase.byId(id);
        assertThat(golden.margin()).isGreaterThan(0.5);
        try (Session session = model.newSession(golden.sessionOptions())) {
          assertThat(session.chat(golden.question()).text()).isEqualTo(golden.answerWithTags());
        }
      }
    }
  }

  @Test
  void progressIsCountedInWeights() throws IOException {
    List<Long> done = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    ModelOptions options =
        ModelOptions.builder()
            .textOnly(true)
            .weights(WeightType.Q4_0)
            .progress((stage, finished, total) -> {
              if (stage == ProgressListener.Stage.QUANTISE) {
                done.add(finished);
                totals.add(total);
              }
            })
            .build();
    Model.load(path, options).close();
    assertThat(done).isSorted().last().isEqualTo(matrixElements());
    assertThat(totals).containsOnly(matrixElements());
  }

  private static long matrixElements() throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      return file.tensors().stream()
          .filter(tensor -> tensor.shape().size() == 2)
          .mapToLong(GgufTensor::elements)
          .sum();
    }
  }

  @Test
  void quantisedFilesStayAsTheyAre() throws IOException {
    Path quantised = TinyFiles.copy(directory, TinyFiles.Q8_0);
    List<ProgressListener.Stage> stages = new ArrayList<>();
    ModelOptions options =
        ModelOptions.builder()
            .textOnly(true)
            .prefault(false)
            .weights(WeightType.Q4_0)
            .progress((stage, done, total) -> stages.add(stage))
            .build();
    Model.load(quantised, options).close();
    assertThat(stages).containsOnly(ProgressListener.Stage.LOAD);
  }

  @Test
  void theNumberOfThreadsChangesNothing() throws IOException {
    GoldenCase golden = GoldenCase.byId("105-text");
    List<float[]> logits = new ArrayList<>();
    for (int threads = 1; threads <= 3; threads += 2) {
      ModelOptions options =
          ModelOptions.builder().threads(threads).weights(WeightType.Q5_K).textOnly(true).build();
      try (Model model = Model.load(path, options);
          Session session = model.newSession(golden.sessionOptions());
          ReplyStream stream = session.stream(golden.question())) {
        logits.add(session.lastLogits());
        stream.cancel();
      }
    }
    assertThat(logits.get(1)).isEqualTo(logits.get(0));
  }

  @Test
  void aWeightThatIsNotFiniteIsNamed() throws IOException {
    Path broken = directory.resolve("broken.gguf");
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofConfined()) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      for (GgufTensor tensor : file.tensors()) {
        if (tensor.name().equals("blk.1.ffn_up.weight")) {
          MemorySegment data = arena.allocate(tensor.data().byteSize());
          MemorySegment.copy(tensor.data(), 0, data, 0, data.byteSize());
          data.setAtIndex(ValueLayout.JAVA_FLOAT, 3 * tensor.cols() + 7, Float.NaN);
          long[] shape = {tensor.cols(), tensor.rows()};
          writer.tensor(tensor.name(), TensorType.F32, shape, data);
        } else {
          writer.tensor(tensor);
        }
      }
      writer.writeTo(broken);
    }
    ModelOptions options = ModelOptions.builder().textOnly(true).weights(WeightType.Q8_0).build();
    assertThatThrownBy(() -> Model.load(broken, options))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("broken.gguf: tensor 'blk.1.ffn_up.weight', row 3: element 7 is NaN");
  }
}
