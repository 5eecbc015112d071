package io.internvl.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Precision;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.Weights;
import io.internvl.gguf.GgufFile;
import io.internvl.vision.vit.VisionConfig;
import io.internvl.vision.vit.VisionEncoder;
import io.internvl.vision.vit.VisionState;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoder and projector outputs of two random towers against float32 values of transformers. */
@Tag("kernel")
class VisionTowerTest {
  private static final double RELATIVE_TOLERANCE = 1e-4;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"vit-300m-style", "vit-6b-style"})
  void encoderIsGolden(String name) throws IOException {
    float[] pixels = floats(name + ".pixel_values.f32.bin");
    float[] golden = floats(name + ".encoder.f32.bin");
    try (GgufFile file = GgufFile.open(copy(name + ".mmproj.gguf"));
        Arena arena = Arena.ofShared();
        Kernels kernels = kernels()) {
      VisionConfig config = VisionConfig.from(file.metadata());
      VisionEncoder encoder = new VisionEncoder(config, new Weights(file, arena), kernels);
      try (VisionState state = encoder.newState()) {
        Tensor features = encoder.forward(state, pixels, 0, 2);
        float[] rows = new float[golden.length];
        for (int r = 0; r < golden.length / config.hiddenSize(); r++) {
          features.copyRowTo(r, rows, r * config.hiddenSize());
        }
        assertClose(rows, golden);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit-300m-style", "vit-6b-style"})
  void embeddingsAreGolden(String name) throws IOException {
    float[] pixels = floats(name + ".pixel_values.f32.bin");
    try (GgufFile file = GgufFile.open(copy(name + ".mmproj.gguf"));
        Arena arena = Arena.ofShared();
        Kernels kernels = kernels();
        ImageEmbedder embedder = ImageEmbedder.load(file, arena, kernels)) {
      assertClose(embedder.embed(pixels, 2, done -> {}), floats(name + ".projected.f32.bin"));
    }
  }

  private static Kernels kernels() {
    return KernelProvider.create(new KernelOptions(2, Precision.EXACT));
  }

  private static void assertClose(float[] actual, float[] golden) {
    double largest = 0;
    for (float value : golden) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual).hasSameSizeAs(golden);
    for (int i = 0; i < golden.length; i++) {
      assertThat((double) actual[i])
          .as("element %d", i)
          .isCloseTo(golden[i], within(RELATIVE_TOLERANCE * largest));
    }
  }

  private Path copy(String resource) throws IOException {
    Path path = directory.resolve(resource);
    try (InputStream in = open(resource)) {
      Files.copy(in, path);
    }
    return path;
  }

  private static float[] floats(String resource) throws IOException {
    try (InputStream in = open(resource)) {
      byte[] bytes = in.readAllBytes();
      float[] values = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    }
  }

  private static InputStream open(String resource) {
    InputStream in = VisionTowerTest.class.getResourceAsStream("/vision/" + resource);
    assertThat(in).as(resource).isNotNull();
    return in;
  }
}
