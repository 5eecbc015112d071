package io.internvl.examples;

import io.internvl.core.chat.ChatTemplates;
import io.internvl.core.decoder.DecoderConfig;
import io.internvl.core.tokenizer.Tokenizer;
import io.internvl.core.tokenizer.Tokenizers;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import io.internvl.vision.vit.VisionConfig;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What the library would make of a file: tokenizer, chat format, memory. */
final class ModelChecks {
  private static final List<Integer> CONTEXTS = List.of(4096, 32768);
  private static final int PREFILL_TOKENS = 512;
  private static final String SAMPLE = "Describe the image. Ünïcode 图像 42!";

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final PrintWriter out;

  ModelChecks(GgufFile file, PrintWriter out) {
    this.file = file;
    this.metadata = file.metadata();
    this.out = out;
  }

  /** A section of the report; a file that it does not apply to may fail it. */
  private interface Section {
    void print();
  }

  void print() {
    String architecture = value("general.architecture");
    if (value("general.type").equals("adapter")) {
      out.println("  a LoRA adapter for " + architecture);
    } else if (architecture.equals("clip")) {
      section("vision tower", this::vision);
    } else if (file.find("token_embd.weight").isPresent()) {
      section("language model", this::languageModel);
    }
    if (metadata.has("tokenizer.ggml.tokens")) {
      section("tokenizer", this::tokenizer);
      section("chat format", this::chatFormat);
    }
    out.flush();
  }

  /** The value as text, whatever its type. */
  private String value(String key) {
    return metadata.value(key).map(String::valueOf).orElse("");
  }

  private void section(String name, Section section) {
    try {
      section.print();
    } catch (GgufException | IllegalArgumentException | ArithmeticException e) {
      out.println("  " + name + " not usable: " + e.getMessage());
    }
  }

  private void languageModel() {
    long rows = file.require("token_embd.weight").rows();
    DecoderConfig config = DecoderConfig.from(metadata, Math.toIntExact(rows));
    out.printf(
        Locale.ROOT,
        "  %d layers of width %d, %d/%d heads of %d, context %,d, vocabulary %,d%n",
        config.layers(),
        config.hiddenSize(),
        config.heads(),
        config.kvHeads(),
        config.headDim(),
        config.contextLength(),
        config.vocabularySize());
    memory("weights (page cache)", file.sizeBytes());
    long perPosition = 2L * Short.BYTES * config.layers() * config.kvHeads() * config.headDim();
    for (int context : CONTEXTS) {
      String name = String.format(Locale.ROOT, "KV cache, F16, %,d positions", context);
      memory(name, perPosition * context);
    }
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.kvHeads() * config.headDim();
    long inner =
        config.experts().count() == 0
            ? config.intermediateSize()
            : config.experts().hiddenSize() + 2L * config.hiddenSize();
    long perToken = 2L * config.hiddenSize() + 2 * queries + 2 * keys + inner;
    memory("activations of a session", PREFILL_TOKENS * perToken * Float.BYTES);
    out.println();
  }

  private void vision() {
    VisionConfig config = VisionConfig.from(metadata);
    out.printf(
        Locale.ROOT,
        "  %d layers of width %d, %d heads; tiles of %d pixels, %d to %d and an overview;"
            + " %d tokens a tile of width %d%n",
        config.layers(),
        config.hiddenSize(),
        config.heads(),
        config.imageSize(),
        config.minTiles(),
        config.maxTiles(),
        config.tokensPerTile(),
        config.projectionSize());
    memory("weights (page cache)", file.sizeBytes());
    long perRow = 5L * config.hiddenSize() + config.intermediateSize();
    memory("activations of a tile", config.rowsPerTile() * perRow * Float.BYTES);
    out.println();
  }

  private void memory(String name, long bytes) {
    out.printf(Locale.ROOT, "  %-32s %,10d MB%n", name, bytes / 1_000_000);
  }

  private void tokenizer() {
    Tokenizer tokenizer = Tokenizers.from(metadata);
    out.printf(
        Locale.ROOT,
        "  tokenizer %s, %,d tokens, beginning of sequence: %s%n",
        metadata.string("tokenizer.ggml.model"),
        tokenizer.vocabularySize(),
        tokenizer.beginningOfSequence().isPresent() ? "added" : "none");
    for (String special :
        List.of("<img>", "</img>", "<IMG_CONTEXT>", "<|im_start|>", "<|im_end|>", "<|end|>")) {
      String id =
          tokenizer.idOf(special).isPresent()
              ? tokenizer.idOf(special).getAsInt() + state(tokenizer, special)
              : "missing";
      out.printf(Locale.ROOT, "  %-14s %s%n", special, id);
    }
    int[] ids = tokenizer.encode(SAMPLE);
    boolean equal = tokenizer.decode(ids).equals(SAMPLE);
    out.printf(
        "  a sample text in %d tokens decodes to %s%n",
        ids.length, equal ? "itself" : "another text");
    out.println();
  }

  private static String state(Tokenizer tokenizer, String special) {
    int id = tokenizer.idOf(special).orElseThrow();
    return (tokenizer.isControl(id) ? ", control" : ", text")
        + (tokenizer.endsGeneration(id) ? ", ends an answer" : "");
  }

  private void chatFormat() {
    ChatTemplates.Detection detection = ChatTemplates.detect(metadata);
    out.println("  chat format " + detection.template() + ", because " + detection.reason());
  }
}
