package io.internvl.bench.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticModelTest {
  @TempDir private Path directory;

  @Test
  void writesAReadableLanguageModel() throws IOException {
    TypeMix mix = TypeMix.of("IQ1_S");
    Path path = SyntheticModel.writeLanguageModel(directory, ModelShape.B1, 2, mix, 1);
    try (GgufFile file = GgufFile.open(path)) {
      assertThat(file.metadata().string("general.architecture")).isEqualTo("qwen2");
      assertThat(file.metadata().int32("qwen2.block_count")).isEqualTo(2);
      assertThat(file.metadata().int32("qwen2.attention.head_count_kv")).isEqualTo(2);
      assertThat(file.metadata().float32("qwen2.rope.freq_base")).isEqualTo(1e6f);
      assertThat(file.metadata().strings("tokenizer.ggml.tokens")).hasSize(151_674);
      assertThat(file.metadata().int32("tokenizer.ggml.eos_token_id")).isEqualTo(151_645);
      assertThat(file.tensors()).hasSize(3 + 2 * 12);
      assertThat(file.require("blk.0.attn_q.weight").type()).isEqualTo(TensorType.IQ4_NL);
      assertThat(file.require("blk.0.attn_v.weight").type()).isEqualTo(TensorType.Q5_0);
      assertThat(file.require("blk.1.ffn_down.weight").type()).isEqualTo(TensorType.IQ1_S);
      assertThat(file.require("blk.1.ffn_down.weight").cols()).isEqualTo(4864);
      assertThat(file.require("blk.1.ffn_down.weight").rows()).isEqualTo(896);
      assertThat(file.require("blk.1.attn_k.bias").elements()).isEqualTo(128);
      assertThat(file.require("output.weight").type()).isEqualTo(TensorType.Q5_1);
    }
  }

  @Test
  void givesTheLlamaShapeItsOwnTokenizerAndNoBiases() throws IOException {
    TypeMix mix = TypeMix.of("IQ1_S");
    Path path = SyntheticModel.writeLanguageModel(directory, ModelShape.B9, 1, mix, 1);
    try (GgufFile file = GgufFile.open(path)) {
      assertThat(file.metadata().string("general.architecture")).isEqualTo("llama");
      assertThat(file.metadata().string("tokenizer.ggml.model")).isEqualTo("llama");
      assertThat(file.metadata().floats("tokenizer.ggml.scores")).hasSize(128_512);
      assertThat(file.find("blk.0.attn_q.bias")).isEmpty();
    }
  }

  @Test
  void writesBothKindsOfVisionTowers() throws IOException {
    Path small = SyntheticModel.writeProjector(directory, ModelShape.B1, 1, TensorType.F16, 1);
    try (GgufFile file = GgufFile.open(small)) {
      assertThat(file.metadata().string("clip.projector_type")).isEqualTo("internvl");
      assertThat(file.metadata().int32("clip.vision.projection_dim")).isEqualTo(896);
      assertThat(file.require("v.patch_embd.weight").type()).isEqualTo(TensorType.F16);
      assertThat(file.require("v.patch_embd.weight").shape()).containsExactly(14L, 14L, 3L, 1024L);
      assertThat(file.require("v.blk.0.attn_q.bias").elements()).isEqualTo(1024);
      assertThat(file.require("v.blk.0.ln1.bias").type()).isEqualTo(TensorType.F32);
    }
    Path large = SyntheticModel.writeProjector(directory, ModelShape.B38, 1, TensorType.Q8_0, 1);
    try (GgufFile file = GgufFile.open(large)) {
      assertThat(file.find("v.blk.0.attn_q.bias")).isEmpty();
      assertThat(file.find("v.blk.0.ln1.bias")).isEmpty();
      assertThat(file.require("v.blk.0.attn_q_norm.weight").elements()).isEqualTo(3200);
      assertThat(file.require("mm.model.mlp.1.weight").cols()).isEqualTo(12_800);
      assertThat(file.require("mm.model.mlp.1.weight").rows()).isEqualTo(5120);
    }
  }

  @Test
  void splitsLargeModels() throws IOException {
    TypeMix mix = TypeMix.of("IQ1_S");
    List<Path> parts =
        SyntheticModel.writeSplitLanguageModel(directory, ModelShape.B1, 1, mix, 1, 100_000_000);
    assertThat(parts).hasSizeGreaterThan(1);
    assertThat(parts.getFirst().getFileName().toString())
        .startsWith("InternVL3-1B-synthetic-1L-IQ1_S-00001-of-0000");
    try (GgufFile file = GgufFile.open(parts.getFirst())) {
      assertThat(file.tensors()).hasSize(3 + 12);
    }
  }

  @Test
  void writesEqualFilesForEqualSeeds() throws IOException {
    Path first = projector("a", 1);
    Path second = projector("b", 1);
    Path third = projector("c", 2);
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    assertThat(Files.mismatch(first, third)).isPositive();
  }

  @Test
  void refusesMoreLayersThanTheShapeHas() {
    TypeMix mix = TypeMix.of("Q8_0");
    assertThatThrownBy(
            () -> SyntheticModel.writeLanguageModel(directory, ModelShape.B1, 25, mix, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("25 layers, expected 1 to 24");
  }

  private Path projector(String name, long seed) throws IOException {
    return SyntheticModel.writeProjector(
        directory.resolve(name), ModelShape.B1, 1, TensorType.Q8_0, seed);
  }
}
