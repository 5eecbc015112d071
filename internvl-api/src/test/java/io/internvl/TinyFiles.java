package io.internvl;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tiny model's files in the test resources. */
final class TinyFiles {
  /** First part of the float32 language model. */
  static final String F32 = "internvl-tiny-F32-00001-of-00002.gguf";

  static final String F32_PART_2 = "internvl-tiny-F32-00002-of-00002.gguf";
  static final String F32_VISION = "mmproj-internvl-tiny-F32.gguf";
  static final String Q8_0 = "internvl-tiny-Q8_0.gguf";
  static final String F16_VISION = "mmproj-internvl-tiny-F16.gguf";

  private TinyFiles() {}

  /** Copies files into a directory and returns the path of the first. */
  static Path copy(Path directory, String... names) throws IOException {
    for (String name : names) {
      try (InputStream in = open(name)) {
        Files.copy(in, directory.resolve(name));
      }
    }
    return directory.resolve(names[0]);
  }

  static boolean exists(String name) {
    return TinyFiles.class.getResource("/tiny/" + name) != null;
  }

  static InputStream open(String name) throws IOException {
    InputStream in = TinyFiles.class.getResourceAsStream("/tiny/" + name);
    if (in == null) {
      throw new FileNotFoundException("/tiny/" + name);
    }
    return in;
  }
}
