package io.internvl.examples;

import io.internvl.InternVlException;
import io.internvl.ModelQuantiser;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a GGUF model file anew with smaller tensor types. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a GGUF model file anew with smaller tensor types.",
      "The model is never in memory as a whole."
    })
public final class Quantize implements Callable<Integer> {
  /** The names that can be given for {@code TYPE}. */
  static final class Mixes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ModelQuantiser.mixes().iterator();
    }
  }

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "a GGUF language model or mmproj file; of a split one, any part")
  private Path source = Path.of("");

  @Parameters(index = "1", paramLabel = "TARGET", description = "the file to write")
  private Path target = Path.of("");

  @Parameters(
      index = "2",
      paramLabel = "TYPE",
      completionCandidates = Mixes.class,
      description = "one of ${COMPLETION-CANDIDATES}")
  private String type = "";

  @Option(names = "--threads", description = "worker threads (default: one a physical core)")
  private int threads;

  @Option(names = "--overwrite", description = "replace TARGET if it exists")
  private boolean overwrite;

  @Option(
      names = "--allow-quantized",
      description = "take a SOURCE that is quantised already, although errors add up")
  private boolean allowQuantized;

  private final PrintWriter out = new PrintWriter(System.out, true, Charset.defaultCharset());

  /**
   * Runs the program.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Quantize()).execute(args));
  }

  /** Creates the command; picocli sets its options. */
  public Quantize() {}

  @Override
  public Integer call() {
    try {
      long start = System.nanoTime();
      quantiser().quantise(source, target);
      out.printf(
          Locale.ROOT,
          "%s: %,d bytes in %.1f s%n",
          target,
          Files.size(target),
          (System.nanoTime() - start) / 1e9);
      return 0;
    } catch (FileAlreadyExistsException e) {
      System.err.println(e.getMessage() + "; --overwrite replaces an older one");
    } catch (NoSuchFileException e) {
      System.err.println(e.getMessage() + ": no such file or directory");
    } catch (IOException | InternVlException | IllegalArgumentException e) {
      System.err.println(e.getMessage());
    }
    return 1;
  }

  private ModelQuantiser quantiser() {
    ModelQuantiser.Builder quantiser =
        ModelQuantiser.builder(type)
            .replaceExisting(overwrite)
            .allowQuantised(allowQuantized)
            .progress(new ProgressLine(out));
    if (threads != 0) {
      quantiser.threads(threads);
    }
    return quantiser.build();
  }
}
