package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.bench.synthetic.PureModels;
import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** docs/accuracy.md states what {@code Precision.FAST} changes, and stays true. */
class AccuracyTest {
  private static final Path PAGE = Path.of("..", "docs", "accuracy.md");
  private static final int TOKENS = 64;
  private static final double ROUNDING = 1.1; // the page has two digits

  /** Ends the names of rows that hold for vectors of 256 and 128 bits. */
  private static final String NARROW = ", narrow";

  /**
   * Ends the names of rows that hold for packed weights, whose sums are the same with any vectors.
   */
  private static final String PACKED = ", packed";

  private static final boolean WIDE_VECTORS = wideVectors();

  @TempDir static Path directory;

  private static boolean wideVectors() {
    try (Kernels kernels = KernelProvider.create(KernelOptions.defaults())) {
      return kernels.description().contains("512-bit");
    }
  }

  static Stream<TensorType> types() {
    return Arrays.stream(TensorType.values()).filter(BlockCodecs::supports);
  }

  @ParameterizedTest
  @MethodSource("types")
  void fastStaysWithinWhatThePageStates(TensorType type) throws IOException {
    Path path = directory.resolve(type + ".gguf");
    PureModels.write(type, path);
    try (GgufFile file = GgufFile.open(path)) {
      for (boolean pack : new boolean[] {false, true}) {
        String name = type.name() + (pack ? PACKED : "");
        check(name, AccuracyCommand.compare(file, TOKENS, 2, pack), statedOf(type, pack));
      }
    }
    Files.delete(path);
  }

  private static void check(String name, Deviation measured, List<Double> stated) {
    String row = measured.row(name);
    assertThat(measured.rms()).as(row).isLessThanOrEqualTo(ROUNDING * stated.get(0));
    assertThat(measured.divergence()).as(row).isLessThanOrEqualTo(ROUNDING * stated.get(1));
    assertThat(100 * measured.agreement()).as(row).isGreaterThanOrEqualTo(stated.get(2) - 1);
  }

  private static List<Double> statedOf(TensorType type, boolean pack) throws IOException {
    Map<String, List<Double>> rows = new TreeMap<>();
    for (String line : Files.readAllLines(PAGE)) {
      String[] cells = line.split("\\|");
      if (cells.length == 5 && cells[4].endsWith("% ")) {
        rows.put(
            cells[1].strip(),
            Stream.of(cells[2], cells[3], cells[4].replace("%", ""))
                .map(cell -> Double.valueOf(cell.strip()))
                .toList());
      }
    }
    String packed = type.name() + PACKED;
    if (pack && rows.containsKey(packed)) {
      return rows.get(packed);
    }
    String narrow = type.name() + NARROW;
    if (!WIDE_VECTORS && rows.containsKey(narrow)) {
      return rows.get(narrow);
    }
    assertThat(rows).containsKey(type.name());
    return rows.get(type.name());
  }
}
