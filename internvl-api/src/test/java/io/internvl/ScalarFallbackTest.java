package io.internvl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that was started without {@code jdk.incubator.vector}. */
class ScalarFallbackTest {
  private static final String FLAG = "--add-modules jdk.incubator.vector";

  @TempDir Path directory;

  /** The program of the other JVM: a model path as its argument. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws IOException {
      try (Model model = Model.load(Path.of(args[0]));
          Session session = model.newSession()) {
        System.out.println(model.info().kernels());
        System.out.println(session.chat("Hello").text());
      }
    }
  }

  @Test
  void scalarKernelsRunAndOneLineNamesTheFlag() throws Exception {
    Path model = TinyFiles.copy(directory, TinyFiles.Q8_0);
    Path out = directory.resolve("out.txt");
    Path errors = directory.resolve("errors.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                Program.class.getName(),
                model.toString())
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
    assertThat(lines.getFirst()).contains("scalar");
    try (Model here = Model.load(model);
        Session session = here.newSession()) {
      assertThat(lines.get(1)).isEqualTo(session.chat("Hello").text());
    }
    assertThat(Files.readAllLines(errors)).filteredOn(line -> line.contains(FLAG)).hasSize(1);
  }

  /** The modules of this test as a class path. */
  private static String classPath() throws Exception {
    Path tests = Path.of(Program.class.getResource("/tiny").toURI()).getParent();
    return Stream.of(
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""),
            tests.toString(),
            tests.resolveSibling("classes").toString())
        .filter(path -> !path.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
