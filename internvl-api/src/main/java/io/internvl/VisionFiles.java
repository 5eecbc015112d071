package io.internvl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the vision file that belongs to a language model by its name. */
final class VisionFiles {
  private VisionFiles() {}

  static Optional<Path> beside(Path model) throws IOException {
    Path directory = model.toAbsolutePath().getParent();
    if (directory == null) {
      return Optional.empty();
    }
    String name = lowerName(model);
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> candidates = files.filter(VisionFiles::isVisionFile).sorted().toList();
      return candidates.stream()
          .max(
              Comparator.comparingInt((Path file) -> commonWords(name, lowerName(file)))
                  .thenComparingInt(VisionFiles::typePreference)
                  .thenComparing(Comparator.reverseOrder()));
    }
  }

  private static boolean isVisionFile(Path file) {
    String name = lowerName(file);
    return name.contains("mmproj") && name.endsWith(".gguf");
  }

  private static String lowerName(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
  }

  private static int commonWords(String model, String candidate) {
    int common = 0;
    for (String word : candidate.split("[-_.]", -1)) {
      if (word.length() > 1 && !word.equals("gguf") && model.contains(word)) {
        common += isType(word) ? 0 : word.length();
      }
    }
    return common;
  }

  private static boolean isType(String word) {
    return word.equals("f16") || word.equals("bf16") || word.equals("f32");
  }

  private static int typePreference(Path file) {
    String name = lowerName(file);
    if (name.contains("bf16")) {
      return 1;
    }
    return name.contains("f16") ? 2 : 0;
  }
}
