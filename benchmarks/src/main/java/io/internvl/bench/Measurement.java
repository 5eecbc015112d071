package io.internvl.bench;

import java.util.Arrays;

/**
 * Repeated measurements of one figure.
 *
 * @param test what was measured, such as {@code pp512}
 * @param unit unit of the samples
 * @param samples measured values
 * @param limit what the machine allows, in the same unit; 0 when there is no such limit
 * @param limitedBy what sets the limit
 */
public record Measurement(
    String test, String unit, double[] samples, double limit, String limitedBy) {
  /**
   * Makes a measurement for which no limit is known.
   *
   * @param test what was measured
   * @param unit unit of the samples
   * @param samples measured values
   * @return the measurement
   */
  static Measurement of(String test, String unit, double... samples) {
    return new Measurement(test, unit, samples, 0, "");
  }

  /**
   * Returns the median of the samples.
   *
   * @return the mean of the two middle ones when their number is even
   */
  public double median() {
    return median(samples);
  }

  /**
   * Returns the share of the limit that was reached.
   *
   * @return median / limit, 0 without a limit
   */
  public double share() {
    return limit == 0 ? 0 : median() / limit;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
