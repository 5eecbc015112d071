package io.internvl.examples;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Array;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Prints what a GGUF file contains: metadata, tensors, types and sizes, chat format, tokenizer
 * checks and the memory that running it takes. Works for any GGUF file: language models, vision
 * files, adapters, bare vocabularies; what a file does not have is left out.
 */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Prints metadata, tensors, tokenizer checks and memory needs of a GGUF file.")
public final class Inspect implements Callable<Integer> {
  private static final int SHOWN_CHARACTERS = 100;
  private static final int SHOWN_ELEMENTS = 5;

  @Parameters(paramLabel = "FILE", description = "a GGUF file; of a split one, any part")
  private Path file = Path.of("");

  @Option(names = "--tensors", description = "list every tensor, not only the first block's")
  private boolean allTensors;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Creates the program; picocli sets its options. */
  public Inspect() {}

  /**
   * Runs the program.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Inspect()).execute(args));
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (GgufFile gguf = GgufFile.open(file)) {
      out.printf(
          Locale.ROOT,
          "%s: %,d bytes in %d file(s), %d keys, %d tensors%n%n",
          file,
          gguf.sizeBytes(),
          gguf.parts().size(),
          gguf.metadata().keys().size(),
          gguf.tensors().size());
      printMetadata(gguf.metadata(), out);
      printTensors(gguf.tensors(), out);
      printTypes(gguf.tensors(), out);
      new ModelChecks(gguf, out).print();
      return 0;
    } catch (NoSuchFileException e) {
      spec.commandLine().getErr().println(e.getMessage() + ": no such file");
    } catch (GgufException | IOException e) {
      spec.commandLine().getErr().println(e.getMessage());
    }
    return 1;
  }

  private static void printMetadata(GgufMetadata metadata, PrintWriter out) {
    for (String key : metadata.keys()) {
      out.printf(Locale.ROOT, "  %-48s %s%n", key, text(metadata.value(key).orElseThrow()));
    }
    out.println();
  }

  private static String text(Object value) {
    if (!value.getClass().isArray()) {
      return shortened(value.toString());
    }
    int length = Array.getLength(value);
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < Math.min(length, SHOWN_ELEMENTS); i++) {
      text.append(i == 0 ? "" : ", ").append(shortened(String.valueOf(Array.get(value, i))));
    }
    return text.append(length > SHOWN_ELEMENTS ? ", ... " + length + " elements]" : "]").toString();
  }

  private static String shortened(String value) {
    String line = value.replace("\r", "\\r").replace("\n", "\\n");
    return line.length() <= SHOWN_CHARACTERS
        ? line
        : line.substring(0, SHOWN_CHARACTERS) + "... (" + line.length() + " characters)";
  }

  private void printTensors(List<GgufTensor> tensors, PrintWriter out) {
    for (GgufTensor tensor : tensors) {
      boolean shown = allTensors || !tensor.name().matches(".*blk\\.[1-9]\\d*\\..*");
      if (shown) {
        out.printf(
            Locale.ROOT,
            "  %-40s %-8s %-24s %,15d bytes%n",
            tensor.name(),
            tensor.type(),
            tensor.shapeText(),
            tensor.data().byteSize());
      }
    }
    out.println();
  }

  private static void printTypes(List<GgufTensor> tensors, PrintWriter out) {
    Map<TensorType, long[]> totals = new EnumMap<>(TensorType.class);
    for (GgufTensor tensor : tensors) {
      long[] total = totals.computeIfAbsent(tensor.type(), type -> new long[3]);
      total[0]++;
      total[1] += tensor.elements();
      total[2] += tensor.data().byteSize();
    }
    totals.forEach((type, total) ->
        out.printf(
            Locale.ROOT,
            "  %-8s %5d tensors %,18d elements %,18d bytes (%.2f bits each)%n",
            type,
            total[0],
            total[1],
            total[2],
            total[1] == 0 ? 0 : 8.0 * total[2] / total[1]));
    out.println();
  }
}
