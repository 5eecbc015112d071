package io.internvl.gguf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** Copies test resources to files, since only files can be mapped. */
final class Resources {
  private Resources() {}

  static Path copy(String name, Path directory) throws IOException {
    Path file = directory.resolve(name.substring(name.lastIndexOf('/') + 1));
    try (InputStream in = Objects.requireNonNull(Resources.class.getResourceAsStream(name), name)) {
      Files.copy(in, file);
    }
    return file;
  }

  /** The vocabulary of InternVL3: 151,674 tokens and 151,387 merges. */
  static Path vocabulary(Path directory) throws IOException {
    Path packed = copy("/tokenizer/internvl3-qwen2.5-vocab.gguf.gz", directory);
    Path file = directory.resolve("vocabulary.gguf");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      Files.copy(in, file);
    }
    return file;
  }
}
