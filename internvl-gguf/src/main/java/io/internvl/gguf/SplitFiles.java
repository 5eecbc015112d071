package io.internvl.gguf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names and consistency of models split over several files. */
final class SplitFiles {
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private SplitFiles() {}

  static List<Path> partsOf(Path path) {
    Matcher matcher = NAME.matcher(path.getFileName().toString());
    if (!matcher.matches()) {
      return List.of(path);
    }
    int count = Integer.parseInt(matcher.group(3));
    List<Path> parts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      Path part = path.resolveSibling(name(matcher.group(1), i, count));
      if (!Files.exists(part)) {
        throw new GgufException(
            path + ": part " + i + " of " + count + " is missing, expected at " + part);
      }
      parts.add(part);
    }
    return parts;
  }

  static String name(String prefix, int number, int count) {
    return String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, number, count);
  }

  static void check(GgufMetadata metadata, List<Path> parts, int index) {
    long count = metadata.integer("split.count", 1);
    long number = metadata.integer("split.no", 0);
    Path part = parts.get(index);
    if (count != parts.size() && !(count == 0 && parts.size() == 1)) {
      throw new GgufException(
          part
              + ": key 'split.count' is "
              + count
              + ", but the name says "
              + parts.size()
              + "; split files must keep their names");
    }
    if (number != index) {
      throw new GgufException(part + ": key 'split.no' is " + number + ", expected " + index);
    }
  }

  static void checkTotal(GgufMetadata metadata, List<Path> parts, int tensors) {
    long expected = metadata.integer("split.tensors.count", tensors);
    if (parts.size() > 1 && expected != tensors) {
      throw new GgufException(
          parts.get(0)
              + ": key 'split.tensors.count' is "
              + expected
              + ", but the parts have "
              + tensors
              + " tensors");
    }
  }
}
