package io.internvl.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Precision;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import io.internvl.vision.vit.VisionConfig;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vision files with other sizes, other ways of writing them, and unusable ones. */
class MmprojVariantsTest {
  private static final String SMALL = "vit-300m-style";
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  @TempDir Path directory;

  @Test
  void everySizeComesFromTheFile() throws IOException {
    VisionConfig config =
        config(writer ->
            writer
                .put("clip.vision.image_size", 96)
                .put("clip.vision.patch_size", 8)
                .put("clip.vision.projector.scale_factor", 3)
                .put("clip.vision.image_mean", new float[] {0.5f, 0.4f, 0.3f})
                .put("clip.vision.image_std", new float[] {0.1f, 0.2f, 0.3f})
                .put("clip.vision.preproc_min_tiles", 2)
                .put("clip.vision.preproc_max_tiles", 6));
    assertThat(config.imageSize()).isEqualTo(96);
    assertThat(config.patchSize()).isEqualTo(8);
    assertThat(config.unshuffleFactor()).isEqualTo(3);
    assertThat(config.rowsPerTile()).isEqualTo(145);
    assertThat(config.tokensPerTile()).isEqualTo(16);
    assertThat(config.imageMean()).containsExactly(0.5f, 0.4f, 0.3f);
    assertThat(config.imageStd()).containsExactly(0.1f, 0.2f, 0.3f);
    assertThat(config.minTiles()).isEqualTo(2);
    assertThat(config.maxTiles()).isEqualTo(6);
  }

  @Test
  void oldFilesWithoutTileKeysHaveInternVlsDefaults() throws IOException {
    VisionConfig config =
        config(writer ->
            writer
                .remove("clip.vision.preproc_min_tiles")
                .remove("clip.vision.preproc_max_tiles")
                .remove("clip.vision.projector.scale_factor")
                .remove("clip.use_gelu")
                .remove("general.type")
                .remove("clip.projector_type")
                .put("clip.vision.projector_type", "internvl"));
    assertThat(config.minTiles()).isEqualTo(1);
    assertThat(config.maxTiles()).isEqualTo(12);
    assertThat(config.unshuffleFactor()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "preproc_max_tiles, 2147483647, expected 1 <= min <= max <= 40",
    "preproc_min_tiles, 0, expected 1 <= min <= max",
    "patch_size, 13, is not a multiple of patch_size 13",
    "attention.head_count, 5, must divide 64",
    "block_count, 100000, expected 1 to 1024",
  })
  void unusableSizesAreNamed(String key, int value, String message) {
    assertThatThrownBy(() -> config(writer -> writer.put("clip.vision." + key, value)))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(message);
  }

  @Test
  void otherVisionFilesAreRefused() {
    assertThatThrownBy(() -> config(writer -> writer.put("clip.projector_type", "mlp")))
        .hasMessageContaining("is 'mlp', supported is 'internvl'");
    float[] flat = {0.1f, 0, 0.1f};
    assertThatThrownBy(() -> config(writer -> writer.put("clip.vision.image_std", flat)))
        .hasMessageContaining("image_std contains 0.0, expected positive numbers");
  }

  @Test
  void sizesWithoutTensorsAllocateNothing() throws IOException {
    Path path =
        rewrite(
            SMALL,
            writer -> writer.put("clip.vision.image_size", 4096).put("clip.vision.patch_size", 1),
            tensors -> tensors.remove("v.position_embd.weight"));
    assertThatThrownBy(() -> embeddings(path, new float[0]))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining("tensor 'v.position_embd.weight' is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit-300m-style", "vit-6b-style"})
  void fusedQueryKeyValueIsTheSame(String name) throws IOException {
    float[] pixels = pixels(56);
    Path separate = rewrite(name, writer -> {}, tensors -> {});
    float[] expected = embeddings(separate, pixels);
    Path fused = rewrite(name, writer -> {}, MmprojVariantsTest::fuse);
    assertThat(embeddings(fused, pixels)).isEqualTo(expected);
  }

  private static void fuse(Map<String, Floats> tensors) {
    for (int layer = 0; layer < 3; layer++) {
      String block = "v.blk." + layer + ".attn_";
      for (String suffix : new String[] {".weight", ".bias"}) {
        Floats query = tensors.remove(block + "q" + suffix);
        Floats key = tensors.remove(block + "k" + suffix);
        Floats value = tensors.remove(block + "v" + suffix);
        if (query != null && key != null && value != null) {
          int size = query.values.length;
          float[] all = new float[3 * size];
          System.arraycopy(query.values, 0, all, 0, size);
          System.arraycopy(key.values, 0, all, size, size);
          System.arraycopy(value.values, 0, all, 2 * size, size);
          long[] shape = query.shape.clone();
          shape[shape.length - 1] *= 3;
          tensors.put(block + "qkv" + suffix, new Floats(shape, all));
        }
      }
    }
  }

  private record Floats(long[] shape, float[] values) {}

  private VisionConfig config(Consumer<GgufWriter> change) throws IOException {
    try (GgufFile file = GgufFile.open(rewrite(SMALL, change, tensors -> {}))) {
      return VisionConfig.from(file.metadata());
    }
  }

  private Path rewrite(
      String name, Consumer<GgufWriter> keys, Consumer<Map<String, Floats>> changeTensors)
      throws IOException {
    Path source = directory.resolve("source.gguf");
    try (InputStream in =
        MmprojVariantsTest.class.getResourceAsStream("/vision/" + name + ".mmproj.gguf")) {
      assertThat(in).as(name).isNotNull();
      Files.write(source, in.readAllBytes());
    }
    Path target = directory.resolve("changed.gguf");
    try (GgufFile file = GgufFile.open(source)) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      keys.accept(writer);
      Map<String, Floats> tensors = new LinkedHashMap<>();
      for (GgufTensor tensor : file.tensors()) {
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        tensors.put(tensor.name(), new Floats(shape, tensor.data().toArray(FLOAT)));
      }
      changeTensors.accept(tensors);
      tensors.forEach((tensor, floats) ->
          writer.tensor(
              tensor, TensorType.F32, floats.shape, MemorySegment.ofArray(floats.values)));
      writer.writeTo(target);
    }
    return target;
  }

  private static float[] embeddings(Path path, float[] pixels) throws IOException {
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(new KernelOptions(2, Precision.EXACT));
        ImageEmbedder embedder = ImageEmbedder.load(file, arena, kernels)) {
      return embedder.embed(pixels, 1, done -> {});
    }
  }

  private static float[] pixels(int size) {
    Random random = new Random(5);
    float[] pixels = new float[3 * size * size];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    return pixels;
  }
}
