package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufValueType;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Well-formed GGUF files whose metadata make no sense for the tensors in them. */
class HostileModelTest {
  private static final GenerationOptions SHORT = GenerationOptions.builder().maxTokens(2).build();

  @TempDir Path directory;

  private final List<String> problems = new ArrayList<>();

  @AfterEach
  void nothingButLoadErrors() {
    assertThat(problems).isEmpty();
  }

  /** Loads a language model, a vision file, or both, and answers when that succeeds. */
  private void tryOut(Path model, ModelOptions options, String changed, String change) {
    try (Model loaded = Model.load(model, options);
        Session session = loaded.newSession()) {
      Image image = Image.ofRgb(150, 50, new byte[3 * 150 * 50]);
      Message question =
          loaded.info().vision() ? Message.user("Hello", image) : Message.user("Hello");
      session.chat(question, SHORT);
    } catch (ModelLoadException e) {
      if (!String.valueOf(e.getMessage()).contains(changed)) {
        problems.add(change + " -> file not named: " + e.getMessage());
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      problems.add(change + " -> " + e);
    }
  }

  private void forEachChange(Path original, Path copy, BiConsumer<Path, String> action)
      throws IOException {
    try (GgufFile file = GgufFile.open(original)) {
      for (String key : List.copyOf(file.metadata().keys())) {
        boolean described = key.startsWith("general.") && !key.endsWith("architecture");
        if (described || key.startsWith("split.")) {
          continue;
        }
        write(file, copy, writer -> writer.remove(key));
        action.accept(copy, key + " removed");
        write(file, copy, writer -> writer.put(key, "nonsense"));
        action.accept(copy, key + " nonsense");
        for (int value : new int[] {0, Integer.MAX_VALUE}) {
          write(file, copy, writer -> writer.put(key, GgufValueType.I32, value));
          action.accept(copy, key + " " + value);
        }
      }
    }
  }

  private interface Change {
    void apply(GgufWriter writer);
  }

  private static void write(GgufFile file, Path copy, Change change) throws IOException {
    GgufWriter writer = GgufWriter.create().putAll(file.metadata());
    change.apply(writer);
    for (GgufTensor tensor : file.tensors()) {
      writer.tensor(tensor);
    }
    writer.writeTo(copy);
  }

  @Test
  void anyKeyOfALanguageModelMayBeNonsense() throws IOException {
    Path original = TinyFiles.copy(directory, TinyFiles.Q8_0);
    ModelOptions options = ModelOptions.builder().textOnly(true).build();
    forEachChange(
        original,
        directory.resolve("changed.gguf"),
        (path, change) -> tryOut(path, options, "changed.gguf", change));
  }

  @Test
  void anyKeyOfAVisionFileMayBeNonsense() throws IOException {
    Path model = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    Path copy = directory.resolve("mmproj-changed.gguf");
    ModelOptions options = ModelOptions.builder().mmproj(copy).build();
    forEachChange(
        directory.resolve(TinyFiles.F16_VISION),
        copy,
        (path, change) -> tryOut(model, options, "mmproj-changed.gguf", change));
  }

  @ParameterizedTest
  @ValueSource(strings = {TinyFiles.F16_VISION, TinyFiles.Q8_0})
  void aFileInTheWrongPlaceIsNamed(String vision) throws IOException {
    Path model = TinyFiles.copy(directory, TinyFiles.Q8_0, TinyFiles.F16_VISION);
    ModelOptions options = ModelOptions.builder().mmproj(directory.resolve(vision)).build();
    tryOut(model, options, vision, vision);
  }

  private static String failure(Path path, ModelOptions options) {
    Throwable thrown = catchThrowable(() -> Model.load(path, options).close());
    assertThat(thrown).isInstanceOf(ModelLoadException.class);
    return String.valueOf(thrown.getMessage());
  }

  private static final ModelOptions TEXT = ModelOptions.builder().textOnly(true).build();

  @Test
  void sizesOfExpertsMayBeNonsense() throws IOException {
    Path original = TinyFiles.copy(directory, TinyFiles.Q8_0);
    Path copy = directory.resolve("experts.gguf");
    try (GgufFile file = GgufFile.open(original)) {
      String prefix = file.metadata().string("general.architecture", "") + ".";
      for (int size : new int[] {0, 1 << 30, Integer.MAX_VALUE}) {
        write(
            file,
            copy,
            writer ->
                writer
                    .put(prefix + "expert_count", GgufValueType.I32, 8)
                    .put(prefix + "expert_used_count", GgufValueType.I32, 2)
                    .put(prefix + "expert_feed_forward_length", GgufValueType.I32, size));
        tryOut(copy, TEXT, "expert_feed_forward_length is " + size, "expert size " + size);
      }
    }
  }

  @Test
  void aTokenizerOfAnotherModelIsNoticed() throws IOException {
    Path original = TinyFiles.copy(directory, TinyFiles.Q8_0);
    Path copy = directory.resolve("tokens.gguf");
    try (GgufFile file = GgufFile.open(original)) {
      List<String> tokens = new ArrayList<>(file.metadata().strings("tokenizer.ggml.tokens"));
      int known = tokens.size();
      for (int extra = 0; extra < 4096; extra++) {
        tokens.add("extra" + extra);
      }
      write(
          file,
          copy,
          writer ->
              writer.put("tokenizer.ggml.tokens", tokens).remove("tokenizer.ggml.token_type"));
      assertThat(failure(copy, TEXT))
          .contains("tokens.gguf: key 'tokenizer.ggml.tokens' has " + (known + 4096) + " elements")
          .contains("but the model has embeddings for");
    }
  }

  @Test
  void aFormatWhoseTokensAreMissingIsNoticedWhileLoading() throws IOException {
    Path original = TinyFiles.copy(directory, TinyFiles.Q8_0);
    ModelOptions options =
        ModelOptions.builder().textOnly(true).chatFormat(ChatFormat.PHI3).build();
    assertThat(failure(original, options))
        .contains(TinyFiles.Q8_0 + ": the vocabulary has no token '<|system|>'");
  }

  @Test
  void weightsThatAreNotNumbersEndAnAnswerWithAnError() throws IOException {
    Path original = TinyFiles.copy(directory, TinyFiles.Q8_0);
    Path copy = directory.resolve("nan.gguf");
    try (GgufFile file = GgufFile.open(original)) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      for (GgufTensor tensor : file.tensors()) {
        if (tensor.name().equals("output_norm.weight")) {
          float[] values = new float[(int) tensor.elements()];
          Arrays.fill(values, Float.NaN);
          long[] shape = {values.length};
          writer.tensor(tensor.name(), TensorType.F32, shape, bytes(values));
        } else {
          writer.tensor(tensor);
        }
      }
      writer.writeTo(copy);
    }
    try (Model model = Model.load(copy, TEXT);
        Session session = model.newSession()) {
      assertThatThrownBy(() -> session.chat("Hello"))
          .isInstanceOf(InternVlException.class)
          .hasMessageContaining("the logit of token 0 is not a number: weights are damaged");
    }
  }

  private static MemorySegment bytes(float[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return MemorySegment.ofArray(buffer.array());
  }

  @Test
  void aVisionFileOrADirectoryIsNoLanguageModel() throws IOException {
    Path vision = TinyFiles.copy(directory, TinyFiles.F16_VISION);
    assertThat(failure(vision, TEXT)).contains(TinyFiles.F16_VISION + ": a vision file, which");
    assertThatThrownBy(() -> Model.load(directory, TEXT))
        .isInstanceOf(IOException.class)
        .hasMessage(directory + ": a directory, expected a GGUF file");
  }
}
