package io.internvl.examples;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The small trained InternVL that travels with the examples, unpacked to a directory of its own.
 *
 * <p>It answers questions about simple shapes; see {@code examples/tiny-model/MODEL_CARD.md}.
 */
final class TinyModel {
  /** File name of the language model. */
  static final String MODEL = "internvl-tiny-Q8_0.gguf";

  /** A bundled picture: a green square on the left, a yellow triangle on the right. */
  static final String PICTURE = "picture-7-640x320.png";

  /** A question about {@link #PICTURE}. */
  static final String QUESTION = "Can you describe this image?";

  private static final String MMPROJ = "mmproj-internvl-tiny-F16.gguf";

  private TinyModel() {}

  /**
   * Unpacks model, vision file and picture unless they are there already.
   *
   * @param directory receives the files, created if needed
   * @throws IOException when a file cannot be written
   */
  static void unpack(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (String name : new String[] {MODEL, MMPROJ, PICTURE}) {
      try (InputStream in = TinyModel.class.getResourceAsStream("tiny/" + name)) {
        if (in == null) {
          throw new FileNotFoundException("resource tiny/" + name);
        }
        Files.copy(in, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /**
   * Returns where {@link #unpack} puts the language model.
   *
   * @param directory the directory
   * @return its path
   */
  static Path modelIn(Path directory) {
    return directory.resolve(MODEL);
  }

  /**
   * Returns where {@link #unpack} puts the picture.
   *
   * @param directory the directory
   * @return its path
   */
  static Path pictureIn(Path directory) {
    return directory.resolve(PICTURE);
  }

  /**
   * Removes the unpacked files.
   *
   * @param directory the directory
   * @throws IOException when a file cannot be removed
   */
  static void delete(Path directory) throws IOException {
    for (String name : new String[] {MODEL, MMPROJ, PICTURE}) {
      Files.deleteIfExists(directory.resolve(name));
    }
    Files.deleteIfExists(directory);
  }
}
