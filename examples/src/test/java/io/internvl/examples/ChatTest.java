package io.internvl.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.ProgressListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The chat program as a user runs it. */
class ChatTest {
  private static final String BUNDLED_ANSWER =
      "A green square on the left and a yellow triangle on the right.";

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter errors = new StringWriter();

  private int run(String input, String... args) {
    PrintWriter err = new PrintWriter(errors, true);
    Chat chat = new Chat(new PrintWriter(out, true), err, new StringReader(input));
    return new CommandLine(chat).setErr(err).execute(args);
  }

  private String unpackedModel() throws IOException {
    TinyModel.unpack(directory);
    return TinyModel.modelIn(directory).toString();
  }

  @Test
  void answersAboutTheBundledPicture() {
    assertThat(run("")).isZero();
    assertThat(errors.toString()).isEmpty();
    assertThat(out.toString())
        .contains("Question: " + TinyModel.QUESTION + " (" + TinyModel.PICTURE + ")")
        .contains("load 2/2", "vision 3/3", "prefill ")
        .contains(BUNDLED_ANSWER)
        .containsPattern(
            "\\[\\d+ prompt tokens, 48 of them from images, 0 reused \\| preprocess \\d+ ms,"
                + " vision \\d+ ms, prefill \\d+ ms .* tokens/s\\), END_OF_TURN]");
  }

  @Test
  void leavesNoTemporaryFiles() throws IOException {
    long before = temporaryDirectories();
    run("", "--prompt", "How many shapes are in the image?");
    assertThat(temporaryDirectories()).isEqualTo(before);
  }

  private static long temporaryDirectories() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("internvl-tiny"))
          .count();
    }
  }

  @Test
  void takesModelVisionFileImagesAndPrompt() throws IOException {
    String model = unpackedModel();
    String picture = TinyModel.pictureIn(directory).toString();
    int status =
        run(
            "",
            "--model",
            model,
            "--mmproj",
            directory.resolve("mmproj-internvl-tiny-F16.gguf").toString(),
            "--image",
            picture,
            "--image",
            picture,
            "--max-tiles",
            "1",
            "--prompt",
            "What do you see in image 2?");
    assertThat(errors.toString()).isEmpty();
    assertThat(status).isZero();
    assertThat(out.toString()).contains("vision 2/2", "32 of them from images");
  }

  @Test
  void interactiveModeRemembersAndSurvivesErrors() throws IOException {
    String input =
        """
        /image %s
        Can you describe this image?

        What about the right?
        /image
        /image nowhere.png
        And this?
        What shape is the green object?
        /quit
        never asked
        """
            .formatted(unpackedPicture());
    assertThat(run(input, "--interactive")).isZero();
    assertThat(out.toString())
        .contains(BUNDLED_ANSWER)
        .contains("nowhere.png: no such file")
        .contains("> Ask, /image FILE to add")
        .contains("A square.")
        .doesNotContain(" 0 reused | preprocess 0 ms")
        .endsWith("> ");
  }

  private String unpackedPicture() throws IOException {
    unpackedModel();
    return TinyModel.pictureIn(directory).toString();
  }

  @Test
  void badArgumentsAreExplainedInOneLine() throws IOException {
    String model = unpackedModel();
    assertFails("none.gguf: no such file", "--model", "none.gguf", "--prompt", "Hello");
    assertFails("nothing to ask", "--model", model);
    assertFails("none.png: no such file", "--image", "none.png");
    assertFails("threads: 0, expected 1 to 1024", "--threads", "0");
    assertFails("temperature: 9.0, expected 0.0 to 2.0", "--temperature", "9");
    assertFails("maxTiles: 0", "--max-tiles", "0");
    assertFails("contextLength: 3", "--context", "3");
    Path text = Files.writeString(directory.resolve("notes.gguf"), "not a model");
    assertFails("notes.gguf", "--model", text.toString(), "--prompt", "Hello");
    assertFails("are left", "--context", "16", "--prompt", "Hello");
  }

  private void assertFails(String message, String... args) {
    errors.getBuffer().setLength(0);
    assertThat(run("", args)).isEqualTo(1);
    assertThat(errors.toString()).contains(message).doesNotContain("\tat ");
    assertThat(errors.toString().lines()).hasSize(1);
  }

  @Test
  void unknownArgumentsShowTheUsage() {
    assertThat(run("", "--imge", "x.png")).isEqualTo(2);
    assertThat(errors.toString()).contains("Unknown option", "--image");
  }

  @Test
  void refusesTwoSystemMessages() {
    assertThat(run("", "--thinking", "--system", "Be brief.")).isEqualTo(1);
    assertThat(errors.toString()).contains("--thinking is a system message itself");
  }

  /** It comes from a thread of its own, in the middle of what the user types. */
  @Test
  void readingAheadIsNotReported() {
    ProgressLine line = new ProgressLine(new PrintWriter(out, true));
    line.update(ProgressListener.Stage.PREFAULT, 1, 2);
    assertThat(out.toString()).isEmpty();
    line.update(ProgressListener.Stage.PREFILL, 2, 2);
    assertThat(out.toString()).contains("prefill 2/2");
  }
}
