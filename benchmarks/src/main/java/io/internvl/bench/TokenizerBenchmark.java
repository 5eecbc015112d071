package io.internvl.bench;

import io.internvl.core.tokenizer.Tokenizer;
import io.internvl.core.tokenizer.Tokenizers;
import io.internvl.gguf.GgufFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many bytes of text a second does the tokenizer encode and decode?
 *
 * <p>{@code java -jar benchmarks.jar jmh TokenizerBenchmark -p vocabulary=model.gguf -p
 * text=README.md}
 *
 * <p>The text is repeated to a megabyte; the score is in megabytes a second.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Benchmark)
public class TokenizerBenchmark {
  private static final int BYTES = 1_000_000;

  /** Any GGUF file with a vocabulary. */
  @Param("model.gguf")
  String vocabulary;

  /** A text file. */
  @Param("README.md")
  String text;

  private Tokenizer tokenizer;
  private String megabyte;
  private int[] ids;

  /**
   * Reads vocabulary and text.
   *
   * @throws IOException when a file cannot be read
   */
  @Setup
  public void load() throws IOException {
    try (GgufFile file = GgufFile.open(Path.of(vocabulary))) {
      tokenizer = Tokenizers.from(file.metadata());
    }
    byte[] bytes = Files.readAllBytes(Path.of(text));
    String once = new String(bytes, StandardCharsets.UTF_8);
    megabyte = once.repeat(BYTES / bytes.length + 1);
    megabyte =
        megabyte.substring(
            0,
            (int)
                ((long) megabyte.length()
                    * BYTES
                    / megabyte.getBytes(StandardCharsets.UTF_8).length));
    ids = tokenizer.encode(megabyte);
  }

  /** Text to ids. */
  @Benchmark
  public int[] encode() {
    return tokenizer.encode(megabyte);
  }

  /** Ids to text. */
  @Benchmark
  public String decode() {
    return tokenizer.decode(ids);
  }
}
