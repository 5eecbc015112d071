package io.internvl.bench.synthetic;

import io.internvl.core.quant.BlockEncoders;
import io.internvl.core.quant.MatrixRole;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * The trained weights of the tiny model, 256 columns wide, with all matrices in one type: encoded
 * where there is an encoder, otherwise random codes of the trained deviation.
 */
public final class PureModels {
  private static final int WIDE = 256;
  private static final int SEED = 7;

  private PureModels() {}

  /**
   * Writes a model.
   *
   * @param type type of all matrices
   * @param path file to be written
   * @throws IOException when it cannot be written
   */
  public static void write(TensorType type, Path path) throws IOException {
    TinyWeights weights = trained();
    BlockPool pool =
        BlockEncoders.supports(type) ? null : BlockPool.create(type, weights.deviation(), SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    GgufWriter writer = weights.writer();
    for (Map.Entry<String, TinyWeights.Floats> entry : weights.tensors().entrySet()) {
      TinyWeights.Floats tensor = entry.getValue();
      TensorType stored = MatrixRole.of(entry.getKey()).map(role -> type).orElse(TensorType.F32);
      int elements = tensor.values().length;
      long size = stored.byteSize(elements);
      MemorySegment data = MemorySegment.ofArray(new byte[(int) size]);
      if (BlockEncoders.supports(stored)) {
        BlockEncoders.of(stored).encode(tensor.values(), 0, elements, data, 0);
      } else {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Objects.requireNonNull(pool)
            .writeTo(Channels.newChannel(bytes), pool.randomBlock(random), size);
        data = MemorySegment.ofArray(bytes.toByteArray());
      }
      writer.tensor(entry.getKey(), stored, tensor.shape(), data);
    }
    writer.writeTo(path);
  }

  private static TinyWeights trained() throws IOException {
    URL tiny = PureModels.class.getResource("/tiny/internvl-tiny-F32-00001-of-00002.gguf");
    try (GgufFile file = GgufFile.open(Path.of(Objects.requireNonNull(tiny).toURI()))) {
      return new TinyWeights(file, WIDE);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
