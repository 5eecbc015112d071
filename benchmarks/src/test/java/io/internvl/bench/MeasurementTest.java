package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MeasurementTest {
  @Test
  void takesTheMiddleOfTheSamples() {
    assertThat(Measurement.of("pp8", "tokens/s", 3, 1, 2).median()).isEqualTo(2);
    assertThat(Measurement.of("pp8", "tokens/s", 4, 1, 2, 3).median()).isEqualTo(2.5);
  }

  @Test
  void statesItsShareOfTheLimit() {
    double[] samples = {30};
    assertThat(new Measurement("pp8", "tokens/s", samples, 40, "FMA peak").share()).isEqualTo(0.75);
    assertThat(Measurement.of("pp8", "tokens/s", samples).share()).isZero();
  }
}
