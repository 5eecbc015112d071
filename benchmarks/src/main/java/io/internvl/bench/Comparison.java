package io.internvl.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Figures of two programs side by side.
 *
 * @param ours this library, all rounds joined
 * @param rows one a test that both sides have
 */
public record Comparison(Report ours, List<Row> rows) {
  /**
   * One test.
   *
   * @param test what was measured
   * @param unit unit of the figures
   * @param ours median of this library
   * @param theirs median of llama.cpp
   * @param ratio ours / theirs
   * @param limit what the machine allows, 0 when unknown
   * @param limitedBy what sets the limit
   */
  public record Row(
      String test,
      String unit,
      double ours,
      double theirs,
      double ratio,
      double limit,
      String limitedBy) {}

  /**
   * Joins the rounds.
   *
   * @param reports reports of this library, one a round
   * @param theirs measurements of llama.cpp of all rounds
   * @return medians over all samples, their ratios, and the highest limits of all rounds
   */
  static Comparison of(List<Report> reports, List<Measurement> theirs) {
    Map<String, Measurement> ourTests =
        join(reports.stream().flatMap(report -> report.measurements().stream()));
    Map<String, Measurement> theirTests = join(theirs.stream());
    List<Row> rows = new ArrayList<>();
    for (Map.Entry<String, Measurement> entry : ourTests.entrySet()) {
      Measurement our = entry.getValue();
      Measurement their = theirTests.get(entry.getKey());
      if (their != null) {
        double a = our.median();
        double b = their.median();
        rows.add(new Row(our.test(), our.unit(), a, b, a / b, our.limit(), our.limitedBy()));
      }
    }
    Report first = reports.getFirst();
    double fma = reports.stream().mapToDouble(Report::fmaGflops).max().orElseThrow();
    double read = reports.stream().mapToDouble(Report::readGigabytes).max().orElseThrow();
    Report joined =
        new Report(
            first.model(),
            first.projector(),
            first.machine(),
            first.java(),
            first.kernels(),
            first.threads(),
            fma,
            read,
            List.copyOf(ourTests.values()));
    return new Comparison(joined, List.copyOf(rows));
  }

  /** Renders the comparison. */
  String print(ReportFormat format) {
    return switch (format) {
      case TABLE -> ReportFormat.TABLE.print(ours) + "\n" + table();
      case CSV -> csv();
      case JSON -> JsonMapper.shared().writeValueAsString(this) + "\n";
    };
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append("| test | unit | this library | llama.cpp | ratio |\n");
    text.append("|---|---|---:|---:|---:|\n");
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %s | %.2f |%n",
              row.test(),
              row.unit(),
              ReportFormat.number(row.ours()),
              ReportFormat.number(row.theirs()),
              row.ratio()));
    }
    return text.toString();
  }

  private String csv() {
    StringBuilder text = new StringBuilder("model,threads,test,unit,ours,llama_cpp,ratio,limit\n");
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s,%d,%s,%s,%s,%s,%s,%s%n",
              ours.model(),
              ours.threads(),
              row.test(),
              row.unit(),
              row.ours(),
              row.theirs(),
              row.ratio(),
              row.limit()));
    }
    return text.toString();
  }

  private static Map<String, Measurement> join(Stream<Measurement> measurements) {
    Map<String, Measurement> joined = new LinkedHashMap<>();
    measurements.forEach(m -> joined.merge(m.test() + "|" + m.unit(), m, Comparison::concatenate));
    return joined;
  }

  private static Measurement concatenate(Measurement a, Measurement b) {
    double[] samples = Arrays.copyOf(a.samples(), a.samples().length + b.samples().length);
    System.arraycopy(b.samples(), 0, samples, a.samples().length, b.samples().length);
    double limit = Math.max(a.limit(), b.limit());
    return new Measurement(a.test(), a.unit(), samples, limit, a.limitedBy());
  }
}
