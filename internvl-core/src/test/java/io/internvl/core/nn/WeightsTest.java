package io.internvl.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
  private static final int COLS = 64;

  @TempDir Path directory;

  private Path file(TensorType type, boolean scaled) throws IOException {
    Path path = directory.resolve(type + "-" + scaled + ".gguf");
    MemorySegment matrix = MemorySegment.ofArray(new byte[(int) type.byteSize(COLS)]);
    GgufWriter writer = GgufWriter.create().tensor("a.weight", type, new long[] {COLS, 1}, matrix);
    if (scaled) {
      MemorySegment one = MemorySegment.ofArray(new byte[Float.BYTES]);
      writer.tensor("a.scale", TensorType.F32, new long[] {1}, one);
    }
    writer.writeTo(path);
    return path;
  }

  private static void load(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofConfined()) {
      Weights weights = new Weights(file, arena);
      assertThat(weights.linear("a", 1, COLS)).isNotNull();
      weights.check();
    }
  }

  /** Their factors would be left out, and answers be nonsense. */
  @Test
  void matricesOfNvfp4WithAScaleAreRefused() throws IOException {
    load(file(TensorType.NVFP4, false));
    load(file(TensorType.Q8_0, true));
    Path scaled = file(TensorType.NVFP4, true);
    assertThatThrownBy(() -> load(scaled))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining(
            "tensor 'a.weight' of NVFP4 is to be multiplied by the tensor 'a.scale'");
  }
}
