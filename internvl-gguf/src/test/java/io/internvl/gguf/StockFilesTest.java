package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that other software wrote. */
class StockFilesTest {
  @TempDir Path directory;

  @Test
  void readsLanguageModel() throws IOException {
    Path path = Resources.copy("/families/qwen2-tied.gguf", directory);
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata metadata = file.metadata();
      assertThat(metadata.string("general.architecture")).isEqualTo("qwen2");
      assertThat(metadata.int32("qwen2.block_count")).isEqualTo(2);
      assertThat(metadata.integer("qwen2.vocab_size")).isEqualTo(1789);
      assertThat(metadata.float32("qwen2.attention.layer_norm_rms_epsilon")).isEqualTo(1e-6f);
      assertThat(metadata.bool("tokenizer.ggml.add_bos_token", true)).isFalse();
      assertThat(metadata.strings("tokenizer.ggml.tokens"))
          .hasSize(1789)
          .startsWith("!", "\"", "#");
      assertThat(metadata.strings("tokenizer.ggml.merges")).hasSize(1500).startsWith("Ġ t", "h e");
      assertThat(metadata.ints("tokenizer.ggml.token_type")).hasSize(1789).startsWith(1, 1, 1);
      assertThat(file.tensors()).hasSize(26);
      assertThat(file.tensors().getFirst().name()).isEqualTo("token_embd.weight");
      GgufTensor tensor = file.require("blk.1.attn_k.weight");
      assertThat(tensor.type()).isEqualTo(TensorType.F32);
      assertThat(tensor.shape()).containsExactly(64L, 32L);
      assertThat(tensor.data().byteSize()).isEqualTo(64 * 32 * 4);
      assertThat(file.sizeBytes()).isEqualTo(path.toFile().length());
    }
  }

  @Test
  void readsVisionTower() throws IOException {
    try (GgufFile file =
        GgufFile.open(Resources.copy("/vision/vit-300m-style.mmproj.gguf", directory))) {
      assertThat(file.metadata().string("clip.projector_type")).isEqualTo("internvl");
      assertThat(file.metadata().floats("clip.vision.image_mean"))
          .containsExactly(0.485f, 0.456f, 0.406f);
      assertThat(file.metadata().bool("clip.use_gelu", false)).isTrue();
      GgufTensor patches = file.require("v.patch_embd.weight");
      assertThat(patches.shape()).containsExactly(14L, 14L, 3L, 64L);
      assertThat(patches.rows()).isEqualTo(14 * 3 * 64);
      float sum = 0;
      for (long i = 0; i < patches.elements(); i++) {
        sum += Math.abs(patches.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i));
      }
      assertThat(sum / patches.elements()).isBetween(1e-4f, 10f);
    }
  }

  @Test
  void readsSentencePieceVocabularyWithoutTensors() throws IOException {
    try (GgufFile file = GgufFile.open(Resources.copy("/spm/spm-vocab.gguf", directory))) {
      assertThat(file.tensors()).isEmpty();
      assertThat(file.metadata().floats("tokenizer.ggml.scores")).hasSize(1205);
      assertThat(file.metadata().strings("tokenizer.ggml.tokens"))
          .startsWith("<unk>", "<s>", "</s>");
    }
  }

  @Test
  void readsLargeVocabulary() throws IOException {
    try (GgufFile file = GgufFile.open(Resources.vocabulary(directory))) {
      List<String> tokens = file.metadata().strings("tokenizer.ggml.tokens");
      assertThat(tokens).hasSize(151_674);
      assertThat(tokens.get(0)).isEqualTo("!");
      assertThat(tokens.get(151_645)).isEqualTo("<|im_end|>");
      assertThat(file.metadata().strings("tokenizer.ggml.merges")).hasSize(151_387);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/families/qwen2-tied.gguf",
        "/vision/vit-300m-style.mmproj.gguf",
        "/spm/spm-vocab.gguf"
      })
  void rewritesByteForByte(String resource) throws IOException {
    assertRewritten(Resources.copy(resource, directory));
  }

  @Test
  void rewritesLargeVocabularyByteForByte() throws IOException {
    assertRewritten(Resources.vocabulary(directory));
  }

  private void assertRewritten(Path original) throws IOException {
    Path copy = directory.resolve("copy.gguf");
    try (GgufFile file = GgufFile.open(original)) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      file.tensors().forEach(writer::tensor);
      writer.writeTo(copy);
    }
    assertThat(copy).hasSameBinaryContentAs(original);
  }
}
