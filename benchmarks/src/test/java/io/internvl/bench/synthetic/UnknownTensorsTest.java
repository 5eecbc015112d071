package io.internvl.bench.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.decoder.Architecture;
import io.internvl.core.decoder.Decoder;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Precision;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors that nobody asks for are named in the debug log. */
class UnknownTensorsTest {
  @TempDir private Path directory;

  @Test
  void areNamedInTheLog() throws IOException {
    Path path = directory.resolve("model.gguf");
    SmallFamily.write(Architecture.LLAMA, TensorType.F16, new EnumMap<>(TensorType.class), path);
    Path extra = directory.resolve("extra.gguf");
    try (GgufFile file = GgufFile.open(path)) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      for (GgufTensor tensor : file.tensors()) {
        writer.tensor(tensor);
      }
      MemorySegment data = MemorySegment.ofArray(new float[2]);
      writer.tensor("blk.0.novelty.weight", TensorType.F32, new long[] {2}, data);
      writer.writeTo(extra);
    }
    assertThat(logOfLoading(extra)).containsExactly("blk.0.novelty.weight");
  }

  private static List<String> logOfLoading(Path path) throws IOException {
    Logger logger = Logger.getLogger("io.internvl.core.nn.Weights");
    Names names = new Names();
    logger.addHandler(names);
    logger.setLevel(Level.FINE);
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(new KernelOptions(1, Precision.EXACT))) {
      Decoder decoder = Decoder.load(file, arena, kernels);
      assertThat(decoder.config().layers()).isEqualTo(2);
    } finally {
      logger.setLevel(null);
      logger.removeHandler(names);
    }
    return names.names;
  }

  /** Collects the tensor names of log lines. */
  private static final class Names extends Handler {
    private final List<String> names = new ArrayList<>();

    @Override
    public void publish(LogRecord line) {
      names.add(String.valueOf(line.getParameters()[1]));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
