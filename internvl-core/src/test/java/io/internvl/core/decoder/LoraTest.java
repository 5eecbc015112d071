package io.internvl.core.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Precision;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters against the same changes merged into float32 weights. */
class LoraTest {
  private static final int RANK = 4;
  private static final float ALPHA = 6;
  private static final float SCALE = 0.5f;
  private static final int[] IDS = {5, 1100, 42, 1700, 7, 300, 8, 900, 11, 12, 13};
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {"qwen2-tied", "llama", "internlm2", "phi3", "qwen3", "qwen3moe", "gpt-oss"})
  void equalsMergedWeights(String name) throws IOException {
    Path base = base(name);
    Path adapter = directory.resolve("adapter.gguf");
    Path merged = directory.resolve("merged.gguf");
    write(base, adapter, merged, !name.equals("qwen2-tied"));
    float[] expected = logits(merged, List.of(), 1f, IDS.length);
    assertThat(difference(logits(base, List.of(), 1f, IDS.length), expected)).isGreaterThan(0.1);
    for (int chunk : new int[] {IDS.length, 4, 1}) {
      float[] actual = logits(base, List.of(adapter), SCALE, chunk);
      assertThat(difference(actual, expected)).as("chunk of %d", chunk).isLessThan(1e-4);
    }
  }

  @Test
  void severalAdaptersAddUp() throws IOException {
    Path base = base("llama");
    Path adapter = directory.resolve("adapter.gguf");
    write(base, adapter, directory.resolve("merged.gguf"), true);
    float[] twice = logits(base, List.of(adapter, adapter), SCALE / 2, 4);
    float[] once = logits(base, List.of(adapter), SCALE, 4);
    assertThat(difference(twice, once)).isLessThan(1e-4);
  }

  @Test
  void aScaleOfZeroLeavesTheModelAlone() throws IOException {
    Path base = base("qwen3");
    Path adapter = directory.resolve("adapter.gguf");
    write(base, adapter, directory.resolve("merged.gguf"), true);
    assertThat(logits(base, List.of(adapter), 0, 4)).isEqualTo(logits(base, List.of(), 1, 4));
  }

  @Test
  void quantisedAdaptersAreRead() throws IOException {
    Path base = base("llama");
    Path adapter = directory.resolve("adapter.gguf");
    GgufWriter writer = header("llama");
    byte[] down = new byte[RANK * 2 * 34];
    down[1] = 0x2c; // scale 2^-4
    down[2] = 100;
    writer.tensor(
        "blk.0.attn_q.weight.lora_a",
        TensorType.Q8_0,
        new long[] {64, RANK},
        MemorySegment.ofArray(down));
    writer.tensor(
        "blk.0.attn_q.weight.lora_b",
        TensorType.F16,
        new long[] {RANK, 64},
        MemorySegment.ofArray(new short[RANK * 64]));
    writer.writeTo(adapter);
    assertThat(logits(base, List.of(adapter), 1, 4)).isEqualTo(logits(base, List.of(), 1, 4));
  }

  @Test
  void shapesThatDoNotFitAreNamed() throws IOException {
    GgufWriter writer = header("llama");
    pair(writer, "blk.0.attn_q.weight", 64, 96);
    pair(writer, "blk.1.ffn_down.weight", 160, 64);
    pair(writer, "blk.2.ffn_down.weight", 160, 64);
    writer.tensor("blk.0.attn_k.weight.lora_a", TensorType.F32, new long[] {64, 4}, zeros(256));
    assertThatThrownBy(() -> load("llama", writer))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining("adapter.gguf: the adapter does not fit the model")
        .hasMessageContaining(
            "tensor 'blk.0.attn_q.weight.lora_b' has shape [4, 96] of F32, expected [4, 64]")
        .hasMessageContaining("'blk.2.ffn_down.weight.lora_a' changes nothing")
        .hasMessageContaining(
            "'blk.0.attn_k.weight.lora_a' is there without 'blk.0.attn_k.weight.lora_b'");
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    assertThatThrownBy(() -> load("llama", header("qwen2")))
        .hasMessageContaining("key 'general.architecture' is 'qwen2', expected 'llama'");
    assertThatThrownBy(() -> load("llama", header("llama").put("adapter.type", "control_vector")))
        .hasMessageContaining("key 'adapter.type' is 'control_vector', expected 'lora'");
    assertThatThrownBy(() -> load("llama", header("llama").remove("general.type")))
        .hasMessageContaining("key 'general.type' is '', expected 'adapter'");
    int[] invocation = {1, 2};
    assertThatThrownBy(
            () -> load("llama", header("llama").put("adapter.alora.invocation_tokens", invocation)))
        .hasMessageContaining("invocation sequence");
    GgufWriter embedding = header("qwen2");
    embedding.tensor("token_embd.weight.lora_a", TensorType.F32, new long[] {1, 1789}, zeros(1789));
    assertThatThrownBy(() -> load("qwen2-tied", embedding)).hasMessageContaining("for its logits");
  }

  private static GgufWriter header(String architecture) {
    return GgufWriter.create()
        .put("general.type", "adapter")
        .put("general.architecture", architecture)
        .put("adapter.type", "lora")
        .put("adapter.lora.alpha", ALPHA);
  }

  private static void pair(GgufWriter writer, String weight, int cols, int rows) {
    long[] a = {cols, RANK};
    long[] b = {RANK, rows};
    writer.tensor(weight + ".lora_a", TensorType.F32, a, zeros(cols * RANK));
    writer.tensor(weight + ".lora_b", TensorType.F32, b, zeros(rows * RANK));
  }

  private static MemorySegment zeros(int count) {
    return MemorySegment.ofArray(new float[count]);
  }

  private void load(String name, GgufWriter writer) throws IOException {
    Path path = directory.resolve("adapter.gguf");
    writer.writeTo(path);
    logits(base(name), List.of(path), 1, 1);
  }

  /** Writes a random adapter for every matrix of a model, and the model with the changes in. */
  private static void write(Path base, Path adapter, Path merged, boolean ends) throws IOException {
    Random random = new Random(1);
    try (GgufFile file = GgufFile.open(base)) {
      GgufWriter lora = header(file.metadata().string("general.architecture"));
      GgufWriter model = GgufWriter.create().putAll(file.metadata());
      for (GgufTensor tensor : file.tensors()) {
        boolean end = !tensor.name().startsWith("blk.");
        if (tensor.shape().size() < 2 || tensor.name().endsWith("bias") || (end && !ends)) {
          model.tensor(tensor);
        } else {
          Change change = new Change(tensor, random);
          change.addTo(lora);
          long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
          float[] values = change.merged();
          model.tensor(tensor.name(), TensorType.F32, shape, MemorySegment.ofArray(values));
        }
      }
      lora.writeTo(adapter);
      model.writeTo(merged);
    }
  }

  /** Random A and B of a matrix or a stack of matrices. */
  private static final class Change {
    private final GgufTensor tensor;
    private final int cols;
    private final int rows;
    private final int count;
    private final float[] a; // (count, RANK, cols)
    private final float[] b; // (count, rows, RANK)

    Change(GgufTensor tensor, Random random) {
      this.tensor = tensor;
      cols = (int) tensor.dim(0);
      rows = (int) tensor.dim(1);
      count = (int) tensor.dim(2);
      a = random(random, count * RANK * cols);
      b = random(random, count * RANK * rows);
    }

    private static float[] random(Random random, int size) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = 0.1f * (float) random.nextGaussian();
      }
      return values;
    }

    void addTo(GgufWriter writer) {
      String name = tensor.name();
      if (name.equals("token_embd.weight")) { // A and B change places, A is transposed
        put(writer, name + ".lora_a", new long[] {RANK, rows}, b);
        float[] transposed = new float[a.length];
        for (int r = 0; r < RANK; r++) {
          for (int c = 0; c < cols; c++) {
            transposed[c * RANK + r] = a[r * cols + c];
          }
        }
        put(writer, name + ".lora_b", new long[] {RANK, cols}, transposed);
      } else if (count == 1) {
        put(writer, name + ".lora_a", new long[] {cols, RANK}, a);
        put(writer, name + ".lora_b", new long[] {RANK, rows}, b);
      } else {
        put(writer, name + ".lora_a", new long[] {cols, RANK, count}, a);
        put(writer, name + ".lora_b", new long[] {RANK, rows, count}, b);
      }
    }

    private static void put(GgufWriter writer, String name, long[] shape, float[] values) {
      writer.tensor(name, TensorType.F32, shape, MemorySegment.ofArray(values));
    }

    float[] merged() {
      float[] values = tensor.data().toArray(FLOAT);
      for (int i = 0; i < values.length; i++) {
        int col = i % cols;
        int row = i / cols % rows;
        int part = i / cols / rows;
        double sum = 0;
        for (int r = 0; r < RANK; r++) {
          double left = b[(part * rows + row) * RANK + r];
          sum += left * a[(part * RANK + r) * cols + col];
        }
        values[i] += (float) (SCALE * ALPHA / RANK * sum);
      }
      return values;
    }
  }

  private float[] logits(Path base, List<Path> adapters, float scale, int chunk)
      throws IOException {
    try (GgufFile file = GgufFile.open(base);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(new KernelOptions(2, Precision.EXACT))) {
      Decoder decoder = Decoder.load(file, arena, kernels);
      if (adapters.isEmpty()) {
        return logits(decoder, List.of(), chunk);
      }
      try (GgufFile lora = GgufFile.open(adapters.getFirst())) {
        LoraAdapter adapter = decoder.loadAdapter(lora);
        List<ScaledAdapter> scaled =
            adapters.stream().map(path -> new ScaledAdapter(adapter, scale)).toList();
        return logits(decoder, scaled, chunk);
      }
    }
  }

  /** Logits of the last token of each chunk and of all in one pass. */
  private static float[] logits(Decoder decoder, List<ScaledAdapter> adapters, int chunk) {
    float[] logits = new float[decoder.config().vocabularySize()];
    try (DecoderState state = decoder.newState(64, chunk, chunk, KvLayer.Format.F32, adapters)) {
      for (int first = 0; first < IDS.length; first += chunk) {
        int count = Math.min(chunk, IDS.length - first);
        for (int t = 0; t < count; t++) {
          decoder.embed(state, IDS[first + t], t);
        }
        decoder.forward(state, count, 1);
      }
      state.logits().copyRowTo(0, logits, 0);
    }
    return logits;
  }

  private static double difference(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }

  private Path base(String name) throws IOException {
    Path path = directory.resolve(name + ".gguf");
    if (!Files.exists(path)) {
      try (InputStream in = LoraTest.class.getResourceAsStream("/families/" + name + ".gguf")) {
        assertThat(in).as(name).isNotNull();
        Files.copy(in, path);
      }
    }
    return path;
  }
}
