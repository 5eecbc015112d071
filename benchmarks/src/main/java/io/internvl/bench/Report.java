package io.internvl.bench;

import java.util.List;

/**
 * Everything one run has measured.
 *
 * @param model file of the language model
 * @param projector file of the vision tower, empty for none
 * @param machine processor
 * @param java Java version
 * @param kernels how operations were executed
 * @param threads number of threads
 * @param fmaGflops measured float32 FMA peak in 10^9 operations a second
 * @param readGigabytes measured read bandwidth in 10^9 bytes a second
 * @param measurements the figures
 */
public record Report(
    String model,
    String projector,
    String machine,
    String java,
    String kernels,
    int threads,
    double fmaGflops,
    double readGigabytes,
    List<Measurement> measurements) {}
