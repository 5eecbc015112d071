package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user of the command hears of mistakes. */
class BenchTest {
  @TempDir Path directory;

  private String errors(String... args) {
    StringWriter errors = new StringWriter();
    int status = Bench.commandLine().setErr(new PrintWriter(errors, true)).execute(args);
    assertThat(status).isNotZero();
    assertThat(errors.toString()).doesNotContain("\tat ");
    return errors.toString();
  }

  @Test
  void mistakesAreALine() {
    String missing = directory.resolve("nowhere.gguf").toString();
    assertThat(errors("run", "--model", missing))
        .isEqualToIgnoringNewLines(missing + ": no such file");
    assertThat(errors("generate", "--size", "3B", "--out", directory.toString())).contains("3B");
    assertThat(errors("generate", "--size", "1B", "--type", "Q9", "--out", directory.toString()))
        .contains("Q9");
  }
}
