package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whether the JVM compiles every kernel as it is meant to be. A kernel that is too large is skipped
 * by one of the compilers, or its vectors live on the heap: both cost a factor of 10 to 100 and
 * change no result.
 */
class KernelGuardTest {
  private static final String PACKAGE = KernelGuardTest.class.getPackageName();

  /** Reasons to skip that say nothing about the method: it is compiled again later. */
  private static final Pattern PASSING =
      Pattern.compile("class loading|dependenc|stale|code cache", Pattern.CASE_INSENSITIVE);

  @TempDir static Path directory;
  private static List<String> compilations = List.of();
  private static List<String> findings = List.of();

  @BeforeAll
  static void exerciseKernelsInAnotherJvm() throws IOException, InterruptedException {
    findings = exercise();
    compilations = Files.readAllLines(directory.resolve("compilations.txt"));
  }

  private static List<String> exercise() throws IOException, InterruptedException {
    Path output = directory.resolve("compilations.txt");
    Path errors = directory.resolve("findings.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:+PrintCompilation",
                "-cp",
                classPath(),
                KernelExercise.class.getName())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readAllLines(errors);
  }

  private static String classPath() {
    String base = System.getProperty("basedir", "");
    List<String> parts = new ArrayList<>();
    parts.add(Path.of(base, "target", "classes").toString());
    parts.add(Path.of(base, "target", "test-classes").toString());
    parts.add(System.getProperty("java.class.path", ""));
    parts.add(System.getProperty("jdk.module.path", ""));
    return String.join(File.pathSeparator, parts);
  }

  @Test
  void exercisesAllKernels() {
    assertThat(findings).anyMatch(line -> line.startsWith(KernelExercise.FINISHED));
    assertThat(compilations).anyMatch(line -> line.contains(PACKAGE + ".MicroKernels::"));
  }

  @Test
  void noKernelIsTooLargeForTheCompilers() {
    assertThat(compilations)
        .noneMatch(line ->
            line.contains("COMPILE SKIPPED")
                && line.contains(PACKAGE)
                && !PASSING.matcher(line).find());
  }

  @Test
  void noKernelKeepsVectorsOnTheHeap() {
    assertThat(findings).noneMatch(line -> line.startsWith(KernelExercise.ALLOCATES));
  }

  @Test
  void everyKernelHasTheTimeToBeCompiled() {
    assertThat(findings).noneMatch(line -> line.startsWith(KernelExercise.UNDECIDED));
  }
}
