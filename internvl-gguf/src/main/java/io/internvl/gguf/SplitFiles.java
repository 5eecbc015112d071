package io.internvl.gguf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names and consistency of models split over several files. */
final class SplitFiles {
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private static final String NUMBER = "split.no";
  private static final String COUNT = "split.count";
  private static final String TENSORS = "split.tensors.count";

  /** The keys that say which part a file is. */
  static final Set<String> KEYS = Set.of(NUMBER, COUNT, TENSORS);

  private SplitFiles() {}

  /**
   * Finds all files of the model that a file belongs to.
   *
   * @return the parts in order; the file alone when its name is not that of a part
   */
  static List<Path> partsOf(Path path) throws IOException {
    Path fileName = path.getFileName();
    Matcher matcher = NAME.matcher(fileName == null ? "" : fileName.toString());
    if (!matcher.matches()) {
      return List.of(path);
    }
    int number = Integer.parseInt(matcher.group(2));
    int count = Integer.parseInt(matcher.group(3));
    if (number < 1 || number > count) {
      return List.of(path);
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
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

  /** Checks that a file is the part its name says. */
  static void check(GgufMetadata metadata, List<Path> parts, int index) {
    Path part = parts.get(index);
    if (parts.size() > 1 && !metadata.has(COUNT)) {
      throw new GgufException(
          part
              + ": key '"
              + COUNT
              + "' is missing, but the name says part "
              + (index + 1)
              + " of "
              + parts.size());
    }
    long count = metadata.integer(COUNT, 1);
    if (count != parts.size() && !(count == 0 && parts.size() == 1)) {
      throw new GgufException(
          part
              + ": key '"
              + COUNT
              + "' is "
              + count
              + ", but by the name the number of parts is "
              + parts.size()
              + "; parts are named like "
              + name("model", 1, 3));
    }
    long number = metadata.integer(NUMBER, 0);
    if (number != index) {
      throw new GgufException(
          part + ": key '" + NUMBER + "' is " + number + ", by the name expected " + index);
    }
  }

  static void checkTotal(GgufMetadata metadata, List<Path> parts, int tensors) {
    long expected = metadata.integer(TENSORS, tensors);
    if (expected != tensors) {
      throw new GgufException(
          parts.getFirst()
              + ": key '"
              + TENSORS
              + "' is "
              + expected
              + ", but found were "
              + tensors
              + " tensors in "
              + parts.size()
              + " parts");
    }
  }

  /** The metadata of a part. */
  static Map<String, GgufValue> keys(int index, int count, int tensors) {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put(NUMBER, GgufValue.of(NUMBER, GgufValueType.U16, index));
    keys.put(COUNT, GgufValue.of(COUNT, GgufValueType.U16, count));
    keys.put(TENSORS, GgufValue.of(TENSORS, GgufValueType.I32, tensors));
    return keys;
  }
}
