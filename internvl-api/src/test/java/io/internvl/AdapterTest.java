package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA adapters through the public interface. */
class AdapterTest {
  private static final int HIDDEN = 256;
  private static final int INNER = 512;
  private static final int RANK = 8;

  @TempDir static Path directory;
  private static Path path;
  private static Path adapterPath;
  private static Model model;

  @BeforeAll
  static void load() throws IOException {
    path = TinyFiles.copy(directory, TinyFiles.Q8_0);
    adapterPath = writeAdapter("qwen2", HIDDEN);
    model = Model.load(path);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Path writeAdapter(String architecture, int cols) throws IOException {
    Random random = new Random(7);
    GgufWriter writer =
        GgufWriter.create()
            .put("general.type", "adapter")
            .put("general.architecture", architecture)
            .put("adapter.type", "lora")
            .put("adapter.lora.alpha", 16f);
    String name = "blk.1.ffn_up.weight";
    writer.tensor(
        name + ".lora_a", TensorType.F32, new long[] {cols, RANK}, values(random, cols * RANK));
    writer.tensor(
        name + ".lora_b", TensorType.F32, new long[] {RANK, INNER}, values(random, RANK * INNER));
    Path file = directory.resolve(architecture + "-" + cols + "-lora.gguf");
    writer.writeTo(file);
    return file;
  }

  private static MemorySegment values(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 0.3f * (float) random.nextGaussian();
    }
    return MemorySegment.ofArray(values);
  }

  private static float[] logits(Model loaded, SessionOptions options) {
    try (Session session = loaded.newSession(options);
        ReplyStream stream = session.stream("Hello")) {
      stream.cancel();
      return session.lastLogits();
    }
  }

  @Test
  void changesOneSessionAndNotTheOthers() throws IOException {
    float[] plain = logits(model, SessionOptions.defaults());
    Adapter adapter = model.loadAdapter(adapterPath);
    assertThat(adapter.changedMaps()).isEqualTo(1);
    assertThat(adapter.path()).isEqualTo(adapterPath);
    float[] full = logits(model, SessionOptions.builder().adapter(adapter, 1).build());
    float[] half = logits(model, SessionOptions.builder().adapter(adapter, 0.5).build());
    float[] off = logits(model, SessionOptions.builder().adapter(adapter, 0).build());
    assertThat(full).isNotEqualTo(plain);
    assertThat(half).isNotEqualTo(plain).isNotEqualTo(full);
    assertThat(off).isEqualTo(plain);
    assertThat(logits(model, SessionOptions.defaults())).isEqualTo(plain);
  }

  @Test
  void aBatchAppliesItToEveryConversation() throws IOException {
    Adapter adapter = model.loadAdapter(adapterPath);
    GenerationOptions generation =
        GenerationOptions.builder().maxTokens(6).minTokens(6).logProbabilities(1).build();
    SessionOptions options =
        SessionOptions.builder().adapter(adapter, 1).generation(generation).build();
    List<Message> questions = List.of(Message.user("Hello"), Message.user("What is this?"));
    List<Reply> replies = model.chatBatch(questions, options);
    for (int i = 0; i < questions.size(); i++) {
      try (Session session = model.newSession(options)) {
        List<TokenProbability> alone = session.chat(questions.get(i)).tokens();
        List<TokenProbability> together = replies.get(i).tokens();
        assertThat(together).hasSameSizeAs(alone).hasSizeGreaterThan(2);
        for (int t = 0; t < alone.size(); t++) {
          assertThat(together.get(t).text()).isEqualTo(alone.get(t).text());
          assertThat(together.get(t).logProbability())
              .isCloseTo(alone.get(t).logProbability(), within(1e-3));
        }
      }
    }
  }

  @Test
  void givenAtLoadItAppliesToEverySession() throws IOException {
    Adapter adapter = model.loadAdapter(adapterPath);
    ModelOptions options = ModelOptions.builder().adapter(adapterPath, 0.5).build();
    float[] expected = logits(model, SessionOptions.builder().adapter(adapter, 0.5).build());
    try (Model adapted = Model.load(path, options)) {
      assertThat(logits(adapted, SessionOptions.defaults())).isEqualTo(expected);
    }
  }

  @Test
  void misfitsAreRefused() throws IOException {
    Path other = writeAdapter("llama", HIDDEN);
    assertThatThrownBy(() -> model.loadAdapter(other))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("key 'general.architecture' is 'llama', expected 'qwen2'");
    Path narrow = writeAdapter("qwen2", 128);
    ModelOptions options = ModelOptions.builder().adapter(narrow, 1).build();
    assertThatThrownBy(() -> Model.load(path, options))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(
            "'blk.1.ffn_up.weight.lora_a' has shape [128, 8] of F32, expected [256, 8]");
    assertThatThrownBy(() -> ModelOptions.builder().adapter(narrow, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
  }

  @Test
  void anAdapterOfAnotherModelIsRefused() throws IOException {
    try (Model second = Model.load(path)) {
      Adapter adapter = second.loadAdapter(adapterPath);
      SessionOptions options = SessionOptions.builder().adapter(adapter, 1).build();
      assertThatThrownBy(() -> model.newSession(options))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("another model");
    }
  }
}
