package io.internvl.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufValueType;
import io.internvl.gguf.GgufWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InspectTest {
  @TempDir Path directory;

  @Test
  void describesALanguageModel() throws IOException {
    TinyModel.unpack(directory);
    assertThat(inspect(TinyModel.modelIn(directory), 0))
        .contains("keys, " + tensors(TinyModel.modelIn(directory)) + " tensors")
        .contains("qwen2.block_count")
        .contains("blk.0.attn_q.weight")
        .doesNotContain("blk.1.attn_q.weight")
        .containsPattern("Q8_0 +\\d+ tensors .* \\(8\\.50 bits each\\)")
        .contains("layers of width 256", "weights (page cache)", "KV cache, F16, 4,096 positions")
        .containsPattern("<\\|im_end\\|> +\\d+, control, ends an answer")
        .contains("decodes to itself")
        .contains("chat format INTERNVL_2_5, because tokenizer.chat_template is ChatML");
  }

  @Test
  void listsEveryTensorWhenAsked() throws IOException {
    TinyModel.unpack(directory);
    assertThat(inspect(TinyModel.modelIn(directory), 0, "--tensors"))
        .contains("blk.1.attn_q.weight");
  }

  @Test
  void describesAVisionFile() throws IOException {
    TinyModel.unpack(directory);
    assertThat(inspect(directory.resolve("mmproj-internvl-tiny-F16.gguf"), 0))
        .contains("tiles of 112 pixels, 1 to", "16 tokens a tile of width 256");
  }

  @Test
  void readsFilesOfAnyKind() throws IOException {
    Path empty = write("empty", GgufWriter.create());
    assertThat(inspect(empty, 0)).contains("0 keys, 0 tensors");
    Path foreign =
        write(
            "foreign",
            GgufWriter.create()
                .put("general.architecture", "mamba")
                .put("tokenizer.ggml.model", "bert")
                .put("tokenizer.ggml.tokens", List.of("a")));
    assertThat(inspect(foreign, 0))
        .contains("tokenizer not usable: key 'tokenizer.ggml.model' is 'bert'");
    Path odd =
        write(
            "odd",
            GgufWriter.create()
                .put("general.architecture", 7)
                .put("tokenizer.ggml.tokens", new int[] {1})
                .put("x", GgufValueType.F64, 1e300));
    assertThat(inspect(odd, 0))
        .contains("1.0E300", "tokenizer not usable", "chat format not usable");
    Path adapter =
        write(
            "adapter",
            GgufWriter.create()
                .put("general.type", "adapter")
                .put("general.architecture", "qwen2"));
    assertThat(inspect(adapter, 0)).contains("a LoRA adapter for qwen2");
  }

  @Test
  void namesWhatIsWrongWithADamagedFile() throws IOException {
    Path damaged = directory.resolve("damaged.gguf");
    Files.write(damaged, new byte[100]);
    assertThat(inspect(damaged, 1)).contains("damaged.gguf: starts with the bytes 00000000");
  }

  private static String tensors(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      return String.valueOf(file.tensors().size());
    }
  }

  private Path write(String name, GgufWriter writer) throws IOException {
    Path path = directory.resolve(name + ".gguf");
    writer.writeTo(path);
    return path;
  }

  @Test
  void whatIsNoFileIsALine() {
    assertThat(inspect(directory.resolve("nowhere.gguf"), 1))
        .contains("nowhere.gguf: no such file")
        .doesNotContain("at io.");
    assertThat(inspect(directory, 1)).contains(directory + ": a directory, expected a GGUF file");
  }

  private static String inspect(Path path, int exitCode, String... options) {
    StringWriter text = new StringWriter();
    CommandLine command = new CommandLine(new Inspect());
    command.setOut(new PrintWriter(text));
    command.setErr(new PrintWriter(text));
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(path.toString());
    assertThat(command.execute(arguments.toArray(new String[0]))).isEqualTo(exitCode);
    return text.toString();
  }
}
