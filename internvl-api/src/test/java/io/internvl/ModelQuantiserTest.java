package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelQuantiserTest {
  @TempDir static Path sources;
  private static Path source;

  @TempDir Path directory;

  @BeforeAll
  static void copy() throws IOException {
    source =
        TinyFiles.copy(
            sources, TinyFiles.F32, TinyFiles.F32_PART_2, TinyFiles.F32_VISION, TinyFiles.Q8_0);
  }

  @Test
  void offersTheMixesWhoseTypesItCanMake() {
    assertThat(ModelQuantiser.mixes())
        .containsExactly(
            "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K_S", "Q4_K_M",
            "Q5_K_S", "Q5_K_M", "Q6_K");
    assertThatThrownBy(() -> ModelQuantiser.builder("IQ2_XS"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mix 'IQ2_XS' is not one of [F32, F16,");
  }

  @Test
  void tensorsGetTheTypesOfTheMix() throws IOException {
    Path target = directory.resolve("q4km.gguf");
    ModelQuantiser.builder("q4_k_m").build().quantise(source, target);
    try (GgufFile file = GgufFile.open(target);
        GgufFile original = GgufFile.open(source)) {
      assertThat(file.metadata().int32("general.file_type")).isEqualTo(15);
      assertThat(file.metadata().int32("general.quantization_version")).isEqualTo(2);
      assertThat(file.metadata().strings("tokenizer.ggml.tokens"))
          .isEqualTo(original.metadata().strings("tokenizer.ggml.tokens"));
      assertThat(file.tensors().stream().map(GgufTensor::name))
          .isEqualTo(original.tensors().stream().map(GgufTensor::name).toList());
      assertThat(typeOf(file, "token_embd.weight")).isEqualTo(TensorType.Q4_K);
      assertThat(typeOf(file, "output.weight")).isEqualTo(TensorType.Q6_K);
      assertThat(typeOf(file, "blk.3.ffn_down.weight")).isEqualTo(TensorType.Q6_K);
      assertThat(typeOf(file, "blk.1.attn_q.weight")).isEqualTo(TensorType.Q4_K);
      GgufTensor norm = file.require("blk.1.attn_norm.weight");
      assertThat(norm.data().mismatch(original.require(norm.name()).data())).isEqualTo(-1);
    }
  }

  private static TensorType typeOf(GgufFile file, String name) {
    return file.require(name).type();
  }

  @Test
  void aWrittenModelAnswersLikeOneQuantisedWhileLoading() throws IOException {
    Path target = directory.resolve("q8.gguf");
    ModelQuantiser.builder("Q8_0").threads(3).build().quantise(source, target);
    GoldenCase golden = GoldenCase.byId("105-text");
    ModelOptions options = ModelOptions.builder().textOnly(true).build();
    ModelOptions atLoad = ModelOptions.builder().textOnly(true).weights(WeightType.Q8_0).build();
    assertThat(logits(target, options, golden)).isEqualTo(logits(source, atLoad, golden));
  }

  private static float[] logits(Path path, ModelOptions options, GoldenCase golden)
      throws IOException {
    try (Model model = Model.load(path, options);
        Session session = model.newSession(golden.sessionOptions());
        ReplyStream stream = session.stream(golden.question())) {
      float[] logits = session.lastLogits();
      stream.cancel();
      return logits;
    }
  }

  @Test
  void aVisionFileIsQuantisedToo() throws IOException {
    Path target = directory.resolve("mmproj-q8.gguf");
    ModelQuantiser.builder("Q8_0").build().quantise(sources.resolve(TinyFiles.F32_VISION), target);
    try (GgufFile file = GgufFile.open(target)) {
      assertThat(typeOf(file, "v.blk.0.attn_q.weight")).isEqualTo(TensorType.Q8_0);
      assertThat(typeOf(file, "mm.model.mlp.1.weight")).isEqualTo(TensorType.Q8_0);
      assertThat(typeOf(file, "v.patch_embd.weight")).isEqualTo(TensorType.F32);
      assertThat(typeOf(file, "v.position_embd.weight")).isEqualTo(TensorType.F32);
    }
    GoldenCase golden = GoldenCase.byId("001-describe");
    ModelOptions options = ModelOptions.builder().mmproj(target).build();
    try (Model model = Model.load(source, options);
        Session session = model.newSession(golden.sessionOptions())) {
      assertThat(session.chat(golden.question()).text()).isEqualTo(golden.answerWithTags());
    }
  }

  @Test
  void anExistingFileIsKeptUnlessItIsToBeReplaced() throws IOException {
    Path target = Files.writeString(directory.resolve("kept.gguf"), "kept");
    assertThatThrownBy(() -> ModelQuantiser.builder("Q4_0").build().quantise(source, target))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("kept.gguf");
    assertThat(target).hasContent("kept");
    ModelQuantiser.builder("Q4_0").replaceExisting(true).build().quantise(source, target);
    assertThat(Files.size(target)).isGreaterThan(1_000_000);
  }

  @Test
  void theSourceIsNeverReplaced() {
    Path part = sources.resolve(TinyFiles.F32_PART_2);
    ModelQuantiser quantiser = ModelQuantiser.builder("Q4_0").replaceExisting(true).build();
    assertThatThrownBy(() -> quantiser.quantise(source, part))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("what would be read");
  }

  @Test
  void quantisedSourcesAreRefusedUnlessAllowed() throws IOException {
    Path quantised = sources.resolve(TinyFiles.Q8_0);
    Path target = directory.resolve("q4.gguf");
    assertThatThrownBy(() -> ModelQuantiser.builder("Q4_0").build().quantise(quantised, target))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("tensor 'token_embd.weight' is Q8_0 already");
    assertThat(directory).isEmptyDirectory();
    ModelQuantiser.builder("Q4_0").allowQuantised(true).build().quantise(quantised, target);
    assertThat(target).exists();
  }

  @Test
  void progressEndsAtTheTotal() throws IOException {
    List<Long> left = new ArrayList<>();
    ModelQuantiser.builder("Q4_0")
        .progress((stage, done, total) -> left.add(total - done))
        .build()
        .quantise(source, directory.resolve("q4.gguf"));
    assertThat(left).hasSizeGreaterThan(10).last().isEqualTo(0L);
    assertThat(left.reversed()).isSorted();
  }

  @Test
  void aDamagedSourceLeavesNothingBehind() throws IOException {
    Path broken = sources.resolve("broken.gguf");
    byte[] whole = Files.readAllBytes(sources.resolve(TinyFiles.Q8_0));
    Files.write(broken, Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() ->
            ModelQuantiser.builder("F16").build().quantise(broken, directory.resolve("x.gguf")))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("broken.gguf");
    assertThat(directory).isEmptyDirectory();
  }
}
