package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LlamaCppTest {
  @Test
  void readsPrefillAndDecodeSpeeds() {
    List<Measurement> measurements =
        LlamaCpp.parseBench(
            """
            [{"n_prompt": 512, "n_gen": 0, "n_depth": 0, "samples_ts": [10.5, 11.5]},
             {"n_prompt": 0, "n_gen": 64, "n_depth": 4096, "samples_ts": [3.0]}]
            """);
    assertThat(measurements).extracting(Measurement::test).containsExactly("pp512", "tg64 @ 4096");
    assertThat(measurements.getFirst().samples()).containsExactly(10.5, 11.5);
    assertThat(measurements.getLast().median()).isEqualTo(3.0);
  }

  @Test
  void readsTheTimeOfATile() {
    assertThat(LlamaCpp.parseEncodeSeconds("0.05 I mtmd batch encoding done in 2678 ms\n"))
        .isEqualTo(2.678);
    assertThat(LlamaCpp.parseEncodeSeconds("image slice encoded in 900 ms\n")).isEqualTo(0.9);
  }

  @Test
  void quotesALogWithoutTheTime() {
    assertThatThrownBy(() -> LlamaCpp.parseEncodeSeconds("no such model"))
        .hasMessageContaining("no such model");
  }
}
