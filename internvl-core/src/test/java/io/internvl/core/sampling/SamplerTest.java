package io.internvl.core.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static SamplingOptions options(
      double temperature, int topK, double topP, double minP, double penalty) {
    return new SamplingOptions(
        (float) temperature, topK, (float) topP, (float) minP, (float) penalty, 42);
  }

  @Test
  void greedyTakesTheLowestOfEqualLogits() {
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, 5);
    assertThat(sampler.sample(new float[] {1, 3, 3, 2, 3})).isEqualTo(1);
  }

  @Test
  void candidatesAreTheLargestInOrder() {
    Random random = new Random(7);
    float[] logits = new float[1000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = random.nextInt(300);
    }
    Candidates candidates = new Candidates(50);
    candidates.fill(logits);
    int[] expected =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> logits[a] == logits[b] ? a - b : Float.compare(logits[b], logits[a]))
            .limit(50)
            .mapToInt(i -> i)
            .toArray();
    assertThat(IntStream.range(0, 50).map(candidates::id).toArray()).isEqualTo(expected);
  }

  @Test
  void drawFollowsTheSoftmax() {
    float[] logits = {0, (float) Math.log(2), (float) Math.log(5)};
    Sampler sampler = new Sampler(options(1, 0, 1, 0, 1), 3);
    double[] share = shares(sampler, logits, 40_000);
    assertThat(share[0]).isCloseTo(1 / 8.0, within(0.01));
    assertThat(share[1]).isCloseTo(2 / 8.0, within(0.01));
    assertThat(share[2]).isCloseTo(5 / 8.0, within(0.01));
  }

  @Test
  void temperatureSharpensTheDraw() {
    float[] logits = {0, (float) Math.log(2)};
    double[] share = shares(new Sampler(options(0.5, 0, 1, 0, 1), 2), logits, 40_000);
    assertThat(share[1]).isCloseTo(4 / 5.0, within(0.01));
  }

  @Test
  void topKKeepsTheLikeliest() {
    double[] share = shares(new Sampler(options(2, 2, 1, 0, 1), 4), new float[] {1, 4, 3, 2}, 1000);
    assertThat(share[0] + share[3]).isZero();
    assertThat(share[2]).isPositive();
  }

  @Test
  void topPKeepsThePrefixThatReachesTheMass() {
    float[] logits = {(float) Math.log(0.5), (float) Math.log(0.3), (float) Math.log(0.2)};
    double[] share = shares(new Sampler(options(1, 0, 0.6, 0, 1), 3), logits, 1000);
    assertThat(share[1]).isPositive();
    assertThat(share[2]).isZero();
  }

  @Test
  void minPDropsUnlikelyTokens() {
    float[] logits = {(float) Math.log(0.6), (float) Math.log(0.3), (float) Math.log(0.1)};
    double[] share = shares(new Sampler(options(1, 0, 1, 0.4, 1), 3), logits, 1000);
    assertThat(share[1]).isPositive();
    assertThat(share[2]).isZero();
  }

  /** At temperature 2 the probabilities are 0.48, 0.34 and 0.19; at 1 they are 0.6, 0.3, 0.1. */
  @Test
  void massAndFractionAreTakenAfterTheTemperature() {
    float[] logits = {(float) Math.log(0.6), (float) Math.log(0.3), (float) Math.log(0.1)};
    double[] mass = shares(new Sampler(options(2, 0, 0.55, 0, 1), 3), logits, 1000);
    assertThat(mass[1]).isPositive();
    assertThat(mass[2]).isZero();
    double[] fraction = shares(new Sampler(options(2, 0, 1, 0.3, 1), 3), logits, 1000);
    assertThat(fraction[2]).isPositive();
  }

  @Test
  void penaltyLowersTokensThatAppeared() {
    Sampler sampler = new Sampler(options(0, 0, 1, 0, 2), 3);
    sampler.accept(1);
    assertThat(sampler.sample(new float[] {1, 1.9f, -1})).isZero();
    assertThat(sampler.sample(new float[] {-1, -1.1f, -1.9f})).isEqualTo(2);
  }

  @Test
  void theSameSeedDrawsTheSameTokens() {
    float[] logits = new float[100];
    Sampler first = new Sampler(options(1, 50, 0.9, 0, 1), 100);
    Sampler second = new Sampler(options(1, 50, 0.9, 0, 1), 100);
    for (int i = 0; i < 50; i++) {
      assertThat(first.sample(logits.clone())).isEqualTo(second.sample(logits.clone()));
    }
  }

  @Test
  void valuesOutOfRangeAreNamed() {
    assertThatThrownBy(() -> options(3, 0, 1, 0, 1)).hasMessageContaining("temperature is 3.0");
    assertThatThrownBy(() -> options(1, 0, 0, 0, 1)).hasMessageContaining("topP is 0.0");
    assertThatThrownBy(() -> options(1, 0, 1, Float.NaN, 1)).hasMessageContaining("minP is NaN");
  }

  private static double[] shares(Sampler sampler, float[] logits, int draws) {
    double[] share = new double[logits.length];
    for (int i = 0; i < draws; i++) {
      share[sampler.sample(logits.clone())] += 1.0 / draws;
    }
    return share;
  }
}
