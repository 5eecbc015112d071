package io.internvl.examples;

import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Array;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what a GGUF file contains: metadata, tensors, sizes and what running it will take. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Prints metadata, tensors and memory needs of a GGUF file.")
public final class Inspect implements Callable<Integer> {
  private static final int SHOWN_CHARACTERS = 100;
  private static final int SHOWN_ELEMENTS = 5;
  private static final List<Integer> CONTEXTS = List.of(4096, 32768);

  @Parameters(paramLabel = "FILE", description = "a GGUF file; of a split one, any part")
  private Path file = Path.of("");

  @Option(names = "--tensors", description = "list every tensor, not only the first block's")
  private boolean allTensors;

  private final PrintWriter out = new PrintWriter(System.out, true, Charset.defaultCharset());

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
  public Integer call() throws IOException {
    try (GgufFile gguf = GgufFile.open(file)) {
      out.printf(
          Locale.ROOT,
          "%s: %,d bytes, %d keys, %d tensors%n%n",
          file,
          gguf.sizeBytes(),
          gguf.metadata().keys().size(),
          gguf.tensors().size());
      printMetadata(gguf.metadata());
      printTensors(gguf.tensors());
      printTypes(gguf.tensors());
      printTokenizer(gguf.metadata());
      printCache(gguf.metadata());
      return 0;
    } catch (GgufException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  private void printMetadata(GgufMetadata metadata) {
    for (String key : metadata.keys()) {
      out.printf(Locale.ROOT, "  %-48s %s%n", key, text(metadata.value(key).orElseThrow()));
    }
    out.println();
  }

  private static String text(Object value) {
    if (!value.getClass().isArray()) {
      String line = value.toString().replace("\n", "\\n");
      return line.length() <= SHOWN_CHARACTERS
          ? line
          : line.substring(0, SHOWN_CHARACTERS) + "... (" + line.length() + " characters)";
    }
    int length = Array.getLength(value);
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < Math.min(length, SHOWN_ELEMENTS); i++) {
      text.append(i == 0 ? "" : ", ").append(Array.get(value, i));
    }
    return text.append(length > SHOWN_ELEMENTS ? ", ... " + length + " elements]" : "]").toString();
  }

  private void printTensors(List<GgufTensor> tensors) {
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

  private void printTypes(List<GgufTensor> tensors) {
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

  private void printTokenizer(GgufMetadata metadata) {
    if (!metadata.has("tokenizer.ggml.tokens")) {
      return;
    }
    List<String> tokens = metadata.strings("tokenizer.ggml.tokens");
    out.printf(
        Locale.ROOT,
        "  tokenizer %s, %,d tokens%n",
        metadata.string("tokenizer.ggml.model", "unknown"),
        tokens.size());
    for (String special :
        List.of("<img>", "</img>", "<IMG_CONTEXT>", "<|im_start|>", "<|im_end|>")) {
      int id = tokens.indexOf(special);
      out.printf(Locale.ROOT, "  %-14s %s%n", special, id < 0 ? "missing" : id);
    }
    out.println();
  }

  private void printCache(GgufMetadata metadata) {
    String prefix = metadata.string("general.architecture", "") + ".";
    if (!metadata.has(prefix + "block_count") || !metadata.has(prefix + "attention.head_count")) {
      return;
    }
    long heads = metadata.integer(prefix + "attention.head_count");
    long kvHeads = metadata.integer(prefix + "attention.head_count_kv", heads);
    long hidden = metadata.integer(prefix + "embedding_length");
    long headDim = metadata.integer(prefix + "attention.key_length", hidden / heads);
    long bytes = metadata.integer(prefix + "block_count") * kvHeads * headDim * 2 * Short.BYTES;
    for (int context : CONTEXTS) {
      out.printf(
          Locale.ROOT,
          "  KV cache (F16) at %,d positions: %,d MB%n",
          context,
          bytes * context / 1_000_000);
    }
  }
}
