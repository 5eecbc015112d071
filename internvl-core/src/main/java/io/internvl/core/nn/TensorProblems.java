package io.internvl.core.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tensors that a model needs and a file does not have as needed. Names all of them; those that are
 * missing in many blocks share a line.
 */
final class TensorProblems {
  private static final int SINGLE_LINES = 20;
  private static final Pattern BLOCK = Pattern.compile("(.*blk\\.)(\\d{1,9})(\\..*)");

  private final List<String> missing = new ArrayList<>();
  private final List<String> misshapen = new ArrayList<>();

  void missing(String name) {
    missing.add(name);
  }

  void misshapen(String problem) {
    misshapen.add(problem);
  }

  int count() {
    return missing.size() + misshapen.size();
  }

  /** One line for each problem, or for each group of them. */
  List<String> lines() {
    List<String> lines = new ArrayList<>(misshapen);
    if (missing.size() <= SINGLE_LINES) {
      missing.forEach(name -> lines.add("tensor '" + name + "' is missing"));
      return lines;
    }
    Map<String, SortedSet<Integer>> blocks = new LinkedHashMap<>();
    for (String name : missing) {
      Matcher matcher = BLOCK.matcher(name);
      if (matcher.matches()) {
        String pattern = matcher.group(1) + "*" + matcher.group(3);
        int block = Integer.parseInt(matcher.group(2));
        blocks.computeIfAbsent(pattern, key -> new TreeSet<>()).add(block);
      } else {
        lines.add("tensor '" + name + "' is missing");
      }
    }
    blocks.forEach((pattern, numbers) ->
        lines.add("tensors '" + pattern + "' are missing in blocks " + ranges(numbers)));
    return lines;
  }

  /** Such as {@code 0-3, 7}. */
  private static String ranges(SortedSet<Integer> numbers) {
    List<int[]> ranges = new ArrayList<>();
    for (int number : numbers) {
      if (!ranges.isEmpty() && ranges.getLast()[1] == number - 1) {
        ranges.getLast()[1] = number;
      } else {
        ranges.add(new int[] {number, number});
      }
    }
    return ranges.stream()
        .map(range -> range[0] == range[1] ? "" + range[0] : range[0] + "-" + range[1])
        .collect(Collectors.joining(", "));
  }
}
