package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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

  /**
   * Calls that multiply blocks of tokens by {@link MicroKernel8x3}, which C2 cannot inline at once
   * (docs/kernels.md). In some JVMs one vector of it then stays on the heap, so they are given more
   * of them; one that allocates in all fails. Every other kernel has one JVM.
   */
  private static final Pattern MICRO_KERNEL =
      Pattern.compile("ALLOCATES (linears?|gatedLinear|attention|fullAttention) .*\\b64");

  private static final int SECOND_OPINIONS = 2;

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
  void noKernelKeepsVectorsOnTheHeap() throws IOException, InterruptedException {
    Set<String> suspects = allocating(findings);
    assertThat(suspects).allMatch(name -> MICRO_KERNEL.matcher(name).matches());
    for (int i = 0; i < SECOND_OPINIONS && !suspects.isEmpty(); i++) {
      suspects.retainAll(allocating(exercise()));
    }
    assertThat(suspects).isEmpty();
  }

  /** Returns the names of the calls that allocate. */
  private static Set<String> allocating(List<String> lines) {
    Set<String> names = new TreeSet<>();
    for (String line : lines) {
      if (line.startsWith(KernelExercise.ALLOCATES)) {
        names.add(line.substring(0, line.lastIndexOf(' ')));
      }
    }
    return names;
  }
}
