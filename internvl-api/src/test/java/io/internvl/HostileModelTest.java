package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufValueType;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
}
