package io.internvl.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** Ways to print a report. */
enum ReportFormat {
  /** A Markdown table for people. */
  TABLE {
    @Override
    String print(Report report) {
      StringBuilder text = new StringBuilder();
      text.append(
          String.format(
              Locale.ROOT,
              "%s%s%n%s, Java %s, %s%nlimits measured in this run: %.0f GFLOP/s float32 FMA,"
                  + " %.1f GB/s reads%n%n",
              report.model(),
              report.projector().isEmpty() ? "" : " + " + report.projector(),
              report.machine(),
              report.java(),
              report.kernels(),
              report.fmaGflops(),
              report.readGigabytes()));
      text.append("| test | median | best | unit | limit | reached |\n");
      text.append("|---|---:|---:|---|---|---:|\n");
      for (Measurement m : report.measurements()) {
        text.append(row(m));
      }
      return text.toString();
    }
  },
  /** Comma-separated values, one line a test. */
  CSV {
    @Override
    String print(Report report) {
      StringBuilder text =
          new StringBuilder("model,threads,test,unit,median,limit,limited_by,share,samples\n");
      for (Measurement m : report.measurements()) {
        String samples =
            Arrays.stream(m.samples()).mapToObj(Double::toString).collect(Collectors.joining(" "));
        text.append(
            String.format(
                Locale.ROOT,
                "%s,%d,%s,%s,%s,%s,%s,%s,%s%n",
                report.model(),
                report.threads(),
                m.test(),
                m.unit(),
                m.median(),
                m.limit(),
                m.limitedBy(),
                m.share(),
                samples));
      }
      return text.toString();
    }
  },
  /** One JSON object. */
  JSON {
    @Override
    String print(Report report) {
      return JsonMapper.shared().writeValueAsString(report) + "\n";
    }
  };

  /**
   * Renders a report.
   *
   * @param report the report
   * @return text that ends with a line break
   */
  abstract String print(Report report);

  private static String row(Measurement m) {
    boolean higherIsBetter = m.unit().endsWith("/s");
    double best =
        higherIsBetter
            ? Arrays.stream(m.samples()).max().orElseThrow()
            : Arrays.stream(m.samples()).min().orElseThrow();
    String limit = m.limit() == 0 ? "" : number(m.limit()) + " (" + m.limitedBy() + ")";
    String share = m.limit() == 0 ? "" : Math.round(m.share() * 100) + " %";
    return String.format(
        "| %s | %s | %s | %s | %s | %s |%n",
        m.test(), number(m.median()), number(best), m.unit(), limit, share);
  }

  /** Three significant digits, but no exponent. */
  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    int digits = Math.max(0, 2 - (int) Math.floor(Math.log10(Math.abs(value))));
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
