package io.internvl.core.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Precision;
import io.internvl.core.nn.Requantiser;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models of every architecture with weights that are quantised while they are bound. */
class RequantiserTest {
  private static final int TOKENS = 12;

  /** Largest difference of a logit as a share of the logits' spread; random weights. */
  private static final float Q8_0_BUDGET = 0.03f;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2-tied.gguf",
        "qwen3.gguf",
        "qwen3moe.gguf",
        "llama.gguf",
        "internlm2.gguf",
        "phi3.gguf",
        "gpt-oss.gguf"
      })
  void logitsStayCloseInEveryArchitecture(String resource) throws IOException {
    Path path = directory.resolve(resource);
    try (InputStream in = RequantiserTest.class.getResourceAsStream("/families/" + resource)) {
      assertThat(in).isNotNull();
      Files.copy(in, path);
    }
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(new KernelOptions(2, Precision.EXACT))) {
      Requantiser requantiser = new Requantiser(file, TypeMix.uniform(TensorType.Q8_0), arena);
      float[] golden = logits(Decoder.load(file, arena, kernels));
      Decoder quantised = Decoder.load(file, arena, kernels, requantiser, null);
      List<Long> done = new ArrayList<>();
      requantiser.run(kernels.workers(), (finished, total) -> done.add(total - finished));
      assertThat(done).isNotEmpty().last().isEqualTo(0L);
      assertThat(largestDifference(logits(quantised), golden))
          .isGreaterThan(0)
          .isLessThan(Q8_0_BUDGET);
    }
  }

  private static float[] logits(Decoder decoder) {
    float[] logits = new float[decoder.config().vocabularySize()];
    try (DecoderState state = decoder.newState(64, TOKENS, 1, KvLayer.Format.F32)) {
      for (int t = 0; t < TOKENS; t++) {
        decoder.embed(state, 3 + 5 * t, t);
      }
      decoder.forward(state, TOKENS, 1);
      state.logits().copyRowTo(0, logits, 0);
    }
    return logits;
  }

  private static float largestDifference(float[] logits, float[] golden) {
    float min = golden[0];
    float max = golden[0];
    float largest = 0;
    for (int i = 0; i < golden.length; i++) {
      min = Math.min(min, golden[i]);
      max = Math.max(max, golden[i]);
      largest = Math.max(largest, Math.abs(logits[i] - golden[i]));
    }
    return largest / (max - min);
  }
}
