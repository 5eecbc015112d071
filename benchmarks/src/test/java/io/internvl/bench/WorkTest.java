package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.internvl.bench.synthetic.ModelShape;
import io.internvl.bench.synthetic.SyntheticModel;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkTest {
  @Test
  void countsWhatOneTokenReads(@TempDir Path directory) throws IOException {
    Path path =
        SyntheticModel.writeLanguageModel(
            directory, ModelShape.B1, 1, TypeMix.of("pure-IQ4_NL"), 1);
    try (GgufFile file = GgufFile.open(path)) {
      LanguageWork work = LanguageWork.of(file);
      long matrices = 2 * 896 * 896 + 2 * 896 * 128 + 3 * 896 * 4864;
      assertThat(work.layerWeights()).isEqualTo(matrices + 2 * 896 + 896 + 2 * 128);
      assertThat(work.outputWeights()).isEqualTo(896L * 151_674);
      assertThat(work.outputBytes()).isEqualTo(896L * 151_674 / 32 * 18);
      assertThat(work.decodeBytes(10) - work.decodeBytes(0)).isEqualTo(10 * 2 * 128 * 2);
      double attention = 4.0 * 896 * (1 + 2 + 3);
      assertThat(work.prefillFlops(3))
          .isCloseTo(
              3 * 2.0 * work.layerWeights() + 2.0 * work.outputWeights() + attention, within(1.0));
    }
  }

  @Test
  void countsTheArithmeticOfATile(@TempDir Path directory) throws IOException {
    Path path = SyntheticModel.writeProjector(directory, ModelShape.B1, 1, TensorType.Q8_0, 1);
    try (GgufFile file = GgufFile.open(path)) {
      double matrices = 2.0 * 1025 * (4.0 * 1024 * 1024 + 2.0 * 1024 * 4096);
      double attention = 4.0 * 1025 * 1025 * 1024;
      double patches = 2.0 * 1024 * 588 * 1024;
      double projector = 2.0 * 256 * (4096.0 * 896 + 896 * 896);
      assertThat(VisionWork.of(file).tileFlops())
          .isCloseTo(matrices + attention + patches + projector, within(1.0));
    }
  }
}
