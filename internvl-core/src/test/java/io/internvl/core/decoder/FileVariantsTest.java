package io.internvl.core.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.core.decoder.FixtureModel.Floats;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Precision;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that hold the same model in another way, or not all of it. */
class FileVariantsTest {
  private static final int[] IDS = {5, 1100, 42, 1700, 7, 300, 8, 900, 11, 12, 13};

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"qwen2-tied", "llama", "qwen3", "gpt-oss"})
  void fusedQueryKeyValueIsTheSame(String name) throws IOException {
    Path separate = new FixtureModel(directory, name).write("separate");
    FixtureModel model = new FixtureModel(directory, name);
    for (int layer = 0; layer < 2; layer++) {
      String block = "blk." + layer + ".attn_";
      fuse(model, block, "qkv", ".weight", "q", "k", "v");
      if (model.tensors.containsKey(block + "q.bias")) {
        fuse(model, block, "qkv", ".bias", "q", "k", "v");
      }
    }
    assertSameLogits(model.write("fused"), separate);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3moe", "gpt-oss"})
  void fusedExpertGateAndUpIsTheSame(String name) throws IOException {
    Path separate = new FixtureModel(directory, name).write("separate");
    FixtureModel model = new FixtureModel(directory, name);
    for (int layer = 0; layer < 2; layer++) {
      String block = "blk." + layer + ".ffn_";
      fuse(model, block, "gate_up_exps", ".weight", "gate_exps", "up_exps");
      if (model.tensors.containsKey(block + "gate_exps.bias")) {
        fuse(model, block, "gate_up_exps", ".bias", "gate_exps", "up_exps");
      }
    }
    assertSameLogits(model.write("fused"), separate);
  }

  private static void fuse(
      FixtureModel model, String block, String fused, String suffix, String... parts) {
    String[] names = Arrays.stream(parts).map(p -> block + p + suffix).toArray(String[]::new);
    model.fuse(block + fused + suffix, names);
  }

  private static void assertSameLogits(Path actual, Path expected) throws IOException {
    assertThat(FixtureModel.logits(actual, IDS, false))
        .isEqualTo(FixtureModel.logits(expected, IDS, false));
  }

  @Test
  void theLengthOfAPromptChoosesItsRotaryFactors() throws IOException {
    Path shortOnly = longRope("short", 1, 1);
    Path longOnly = longRope("long", 4, 4);
    Path both = longRope("both", 1, 4);
    int[] few = Arrays.copyOf(IDS, 8);
    assertThat(FixtureModel.logits(both, few, false))
        .isEqualTo(FixtureModel.logits(shortOnly, few, false))
        .isNotEqualTo(FixtureModel.logits(longOnly, few, false));
    for (boolean split : new boolean[] {false, true}) {
      assertThat(FixtureModel.logits(both, IDS, split))
          .isEqualTo(FixtureModel.logits(longOnly, IDS, split))
          .isNotEqualTo(FixtureModel.logits(shortOnly, IDS, split));
    }
  }

  @Test
  void theMagnitudeOfLongRopeIsReadWithoutAMethodName() throws IOException {
    FixtureModel plain = new FixtureModel(directory, "phi3");
    FixtureModel scaled = new FixtureModel(directory, "phi3");
    scaled.metadata.put("phi3.rope.scaling.attn_factor", 1.2f);
    assertThat(FixtureModel.logits(scaled.write("scaled"), IDS, false))
        .isNotEqualTo(FixtureModel.logits(plain.write("plain"), IDS, false));
  }

  /** Phi-3 with 8 positions of first training and equal factors for all frequencies. */
  private Path longRope(String name, float shortFactor, float longFactor) throws IOException {
    FixtureModel model = new FixtureModel(directory, "phi3");
    model.metadata.put("phi3.rope.scaling.original_context_length", 8);
    model.metadata.put("phi3.rope.scaling.attn_factor", 1.1f);
    model.tensors.put("rope_factors_short.weight", constant(shortFactor));
    model.tensors.put("rope_factors_long.weight", constant(longFactor));
    return model.write(name);
  }

  private static Floats constant(float value) {
    float[] values = new float[8];
    Arrays.fill(values, value);
    return Floats.of(values);
  }

  @Test
  void ropeFactorsOfLlama3AreApplied() throws IOException {
    FixtureModel plain = new FixtureModel(directory, "llama");
    FixtureModel ones = new FixtureModel(directory, "llama");
    FixtureModel halves = new FixtureModel(directory, "llama");
    ones.tensors.put("rope_freqs.weight", constant(1));
    halves.tensors.put("rope_freqs.weight", constant(2));
    float[] expected = FixtureModel.logits(plain.write("plain"), IDS, false);
    assertThat(FixtureModel.logits(ones.write("ones"), IDS, false)).isEqualTo(expected);
    assertThat(FixtureModel.logits(halves.write("halves"), IDS, false)).isNotEqualTo(expected);
  }

  @Test
  void unknownTensorsAreIgnored() throws IOException {
    FixtureModel model = new FixtureModel(directory, "llama");
    model.tensors.put("blk.0.novelty.weight", Floats.of(1, 2));
    Path plain = new FixtureModel(directory, "llama").write("plain");
    assertSameLogits(model.write("extra"), plain);
  }

  @Test
  void everyMissingTensorIsNamed() throws IOException {
    FixtureModel model = new FixtureModel(directory, "qwen3");
    model.metadata.put("qwen3.block_count", 6);
    model.tensors.remove("output_norm.weight");
    model.tensors.remove("blk.1.ffn_up.weight");
    model.tensors.put("blk.0.attn_q.weight", Floats.of(new float[64]));
    Path path = model.write("incomplete");
    assertThatThrownBy(() -> FixtureModel.logits(path, IDS, false))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining("incomplete.gguf: 43 tensors are missing or unusable:")
        .hasMessageContaining("tensor 'output_norm.weight' is missing")
        .hasMessageContaining("tensors 'blk.*.attn_norm.weight' are missing in blocks 2-5")
        .hasMessageContaining("tensors 'blk.*.ffn_up.weight' are missing in blocks 1-5")
        .hasMessageContaining("tensors 'blk.*.attn_q_norm.weight' are missing in blocks 2-5")
        .hasMessageContaining("'blk.0.attn_q.weight' has shape [64] of F32, expected [64, 128]");
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2-tied, attn_k.bias",
    "qwen3moe, attn_k_norm.weight",
    "gpt-oss, attn_sinks.weight"
  })
  void whatAnArchitectureAlwaysHasIsRequired(String name, String tensor) throws IOException {
    FixtureModel model = new FixtureModel(directory, name);
    model.tensors.remove("blk.1." + tensor);
    Path path = model.write("incomplete");
    assertThatThrownBy(() -> FixtureModel.logits(path, IDS, false))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining("tensor 'blk.1." + tensor + "' is missing");
  }

  @Test
  void tensorsOfIntegersAreRefusedAtLoad() throws IOException {
    FixtureModel model = new FixtureModel(directory, "llama");
    model.tensors.remove("blk.0.ffn_down.weight");
    model.metadata.tensor(
        "blk.0.ffn_down.weight",
        TensorType.I8,
        new long[] {160, 64},
        MemorySegment.ofArray(new byte[160 * 64]));
    Path path = model.write("integers");
    assertThatThrownBy(() -> FixtureModel.logits(path, IDS, false))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining(
            "tensor 'blk.0.ffn_down.weight' is of type I8, which holds no weights");
  }

  @Test
  void decodingReadsOnlyTheChosenExperts() throws IOException {
    Path path = new FixtureModel(directory, "qwen3moe").write("experts");
    List<String> read = new ArrayList<>();
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(new KernelOptions(2, Precision.EXACT))) {
      Decoder decoder = Decoder.load(file, arena, recording(kernels, read));
      try (DecoderState state = decoder.newState(64, 16, 1, KvLayer.Format.F32)) {
        Random random = new Random(1);
        for (int tokens : new int[] {1, 16}) {
          for (int t = 0; t < tokens; t++) {
            decoder.embed(state, random.nextInt(1700), t);
          }
          read.clear();
          decoder.forward(state, tokens, tokens == 1 ? 1 : 0);
          long gates = read.stream().filter(name -> name.contains("ffn_gate_exps")).count();
          assertThat(gates).isLessThanOrEqualTo(tokens == 1 ? 2 * 2 : 8);
        }
      }
    }
  }

  /** Kernels that note the weight of each linear map they execute. */
  private static Kernels recording(Kernels kernels, List<String> read) {
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> {
              for (Object argument : arguments == null ? new Object[0] : arguments) {
                if (argument instanceof Linear linear) {
                  read.add(linear.weight().name());
                }
              }
              try {
                return method.invoke(kernels, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
