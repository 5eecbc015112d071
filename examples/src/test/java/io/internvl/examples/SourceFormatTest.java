package io.internvl.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * All sources of the project are formatted by google-java-format. Checked here because a test runs
 * on the JDK of the toolchain, while the Maven plugin needs Maven itself on a recent JDK.
 */
class SourceFormatTest {
  @Test
  void sourcesAreFormatted() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("mvnw"))) {
      root = root.getParent();
    }
    List<Path> sources = sources(root);
    assertThat(sources).hasSizeGreaterThan(100);
    assertThat(sources.parallelStream().filter(file -> !isFormatted(file)))
        .as("sources to be formatted with: ./mvnw spotless:apply, on JDK 25")
        .isEmpty();
  }

  private static List<Path> sources(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !root.relativize(file).toString().contains("target"))
          .toList();
    }
  }

  private static boolean isFormatted(Path file) {
    try {
      String text = Files.readString(file);
      return new Formatter().formatSourceAndFixImports(text).equals(text);
    } catch (IOException | FormatterException e) {
      throw new AssertionError(file + ": " + e.getMessage(), e);
    }
  }
}
