package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  @Test
  void dividesTheMediansOfAllRounds() {
    Comparison comparison =
        Comparison.of(
            List.of(report(10, 30), report(20, 40)),
            List.of(
                Measurement.of("tg64", "tokens/s", 10),
                Measurement.of("tg64", "tokens/s", 10),
                Measurement.of("tile", "s", 6)));
    assertThat(comparison.rows()).hasSize(1);
    assertThat(comparison.rows().getFirst().ours()).isEqualTo(25);
    assertThat(comparison.rows().getFirst().ratio()).isEqualTo(2.5);
    assertThat(comparison.print(ReportFormat.TABLE))
        .contains("| tg64 | tokens/s | 25.0 | 10.0 | 2.50 |");
    assertThat(comparison.print(ReportFormat.CSV)).contains("tg64,tokens/s,25.0,10.0,2.5");
    assertThat(comparison.print(ReportFormat.JSON)).contains("\"ratio\":2.5");
  }

  private static Report report(double... samples) {
    Measurement measurement = new Measurement("tg64", "tokens/s", samples, 50, "read bandwidth");
    return new Report("m.gguf", "", "cpu", "25", "scalar", 2, 100, 20, List.of(measurement));
  }
}
