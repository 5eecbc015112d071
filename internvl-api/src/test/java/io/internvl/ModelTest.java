package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading: companions, bad files, options. */
class ModelTest {
  @TempDir Path directory;

  @Test
  void findsTheVisionFileBesideTheModel() throws IOException {
    List<String> steps = new ArrayList<>();
    ModelOptions options =
        ModelOptions.builder()
            .prefault(false)
            .progress((stage, done, total) -> steps.add(stage + " " + done + "/" + total))
            .build();
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    try (Model model = Model.load(path, options)) {
      assertThat(model.info().vision()).isTrue();
      assertThat(model.info().tileSize()).isEqualTo(112);
      assertThat(model.info().tokensPerTile()).isEqualTo(16);
      assertThat(model.info().contextLength()).isEqualTo(8192);
      assertThat(model.info().toString()).contains("InternVL-Tiny", "qwen2 with vision");
    }
    assertThat(steps).containsExactly("LOAD 1/2", "LOAD 2/2");
  }

  @Test
  void readsTheFilesAheadInTheBackground() throws Exception {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    CountDownLatch finished = new CountDownLatch(1);
    List<Thread> readers = Collections.synchronizedList(new ArrayList<>());
    ModelOptions options =
        ModelOptions.builder()
            .progress((stage, done, total) -> {
              if (stage == ProgressListener.Stage.PREFAULT) {
                readers.add(Thread.currentThread());
                if (done == total) {
                  finished.countDown();
                }
              }
            })
            .build();
    try (Model model = Model.load(path, options)) {
      assertThat(finished.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(readers).doesNotContain(Thread.currentThread()).allMatch(Thread::isDaemon);
      assertThat(model.info().vision()).isTrue();
    }
  }

  @Test
  void closingStopsReadingAhead() throws Exception {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    List<Long> steps = Collections.synchronizedList(new ArrayList<>());
    ModelOptions options =
        ModelOptions.builder()
            .progress((stage, done, total) -> {
              if (stage == ProgressListener.Stage.PREFAULT) {
                steps.add(done);
                reading.countDown();
                awaitQuietly(closing);
              }
            })
            .build();
    Model model = Model.load(path, options);
    assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();
    Thread closer = Thread.ofPlatform().start(model::close);
    while (closer.getState() != Thread.State.WAITING && closer.isAlive()) {
      Thread.onSpinWait();
    }
    closing.countDown();
    closer.join();
    assertThat(steps).hasSize(1);
    model.close();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void withoutAVisionFileOnlyTextIsRead() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0);
    try (Model model = Model.load(path);
        Session session = model.newSession()) {
      assertThat(model.info().vision()).isFalse();
      Image image = Image.ofRgb(1, 1, new byte[3]);
      assertThatThrownBy(() -> session.chat("What is this?", image))
          .isInstanceOf(InternVlException.class)
          .hasMessageContaining("without a vision file")
          .hasMessageContaining("mmproj");
      assertThat(session.chat("Hello").text()).isNotEmpty();
    }
  }

  @Test
  void ofSeveralVisionFilesTheBestFittingNameIsTaken() throws IOException {
    for (String name :
        List.of(
            "InternVL3-1B.gguf",
            "mmproj-InternVL3-1B-BF16.gguf",
            "mmproj-InternVL3-1B-F16.gguf",
            "mmproj-InternVL3-8B-F16.gguf")) {
      Files.createFile(directory.resolve(name));
    }
    assertThat(VisionFiles.beside(directory.resolve("InternVL3-1B.gguf")))
        .contains(directory.resolve("mmproj-InternVL3-1B-F16.gguf"));
  }

  @Test
  void aVisionFileInPlaceOfTheModelIsNamed() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.F16_VISION);
    assertThatThrownBy(() -> Model.load(path))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(TinyFiles.F16_VISION);
  }

  @Test
  void allMissingTensorsAreListed() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0);
    Path cut = directory.resolve("cut.gguf");
    try (GgufFile file = GgufFile.open(path)) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      for (GgufTensor tensor : file.tensors()) {
        if (!tensor.name().startsWith("blk.2.attn_")
            && !tensor.name().equals("output_norm.weight")) {
          writer.tensor(tensor);
        }
      }
      writer.writeTo(cut);
    }
    assertThatThrownBy(() -> Model.load(cut))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("cut.gguf")
        .hasMessageContaining("tensor 'blk.2.attn_q.weight' is missing")
        .hasMessageContaining("tensor 'blk.2.attn_output.weight' is missing")
        .hasMessageContaining("tensor 'output_norm.weight' is missing");
  }

  @Test
  void thePromptFormatCanBeChosen() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0);
    for (ChatFormat format : // those whose tokens the model knows
        List.of(ChatFormat.INTERNVL_2_5, ChatFormat.INTERNVL_3_5, ChatFormat.INTERNVL_2)) {
      ModelOptions options = ModelOptions.builder().chatFormat(format).build();
      try (Model model = Model.load(path, options)) {
        assertThat(model.info().chatTemplate()).isEqualTo(format.name());
      }
    }
  }

  @Test
  void aMissingFileIsAnInputError() {
    assertThatThrownBy(() -> Model.load(directory.resolve("none.gguf")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void everyTruncationIsALoadError() throws IOException {
    byte[] whole = Files.readAllBytes(TinyFiles.copy(directory, TinyFiles.Q8_0));
    for (int part = 0; part < 16; part++) {
      Path cut = directory.resolve("cut-" + part + ".gguf");
      Files.write(cut, Arrays.copyOf(whole, whole.length / 16 * part));
      assertThatThrownBy(() -> Model.load(cut))
          .isInstanceOf(ModelLoadException.class)
          .hasMessageContaining("cut-" + part);
    }
  }

  @Test
  void scalarAndVectorKernelsAnswerAlike() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    GoldenCase golden = GoldenCase.byId("081-multi-turn");
    ModelOptions scalar = ModelOptions.builder().scalarKernels(true).build();
    try (Model model = Model.load(path, scalar);
        Session session = model.newSession(golden.sessionOptions())) {
      assertThat(model.info().kernels()).contains("scalar");
      assertThat(session.chat(golden.question()).text()).isEqualTo(golden.answerWithTags());
    }
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() throws IOException {
    Path path = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    GoldenCase golden = GoldenCase.byId("081-multi-turn");
    List<float[]> logits = new ArrayList<>();
    for (int threads = 1; threads <= 3; threads++) {
      ModelOptions options = ModelOptions.builder().threads(threads).build();
      try (Model model = Model.load(path, options);
          Session session = model.newSession(golden.sessionOptions());
          ReplyStream stream = session.stream(golden.question())) {
        logits.add(session.lastLogits());
        stream.cancel();
      }
    }
    assertThat(logits.get(1)).isEqualTo(logits.get(0));
    assertThat(logits.get(2)).isEqualTo(logits.get(0));
  }
}
