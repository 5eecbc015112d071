package io.internvl.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DeviationTest {
  @Test
  void sameLogitsDoNotDeviate() {
    Deviation deviation = new Deviation();
    deviation.add(new float[] {1, 2, 3}, new float[] {1, 2, 3});
    assertThat(deviation.rms()).isZero();
    assertThat(deviation.divergence()).isZero();
    assertThat(deviation.agreement()).isOne();
  }

  @Test
  void addsUpPositions() {
    Deviation deviation = new Deviation();
    deviation.add(new float[] {0, 2}, new float[] {0, 1}); // variance 1, difference 1 of two
    deviation.add(new float[] {0, 2}, new float[] {0, -1});
    assertThat(deviation.rms()).isEqualTo(Math.sqrt(10 / 4.0), within(1e-12));
    double p = 1 / (1 + Math.exp(-2));
    double toOne = divergence(p, 1 / (1 + Math.exp(-1)));
    double toMinusOne = divergence(p, 1 / (1 + Math.exp(1)));
    assertThat(deviation.divergence()).isEqualTo((toOne + toMinusOne) / 2, within(1e-9));
    assertThat(deviation.agreement()).isEqualTo(0.5);
  }

  private static double divergence(double p, double q) {
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  }
}
