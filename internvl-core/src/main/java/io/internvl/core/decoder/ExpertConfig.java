package io.internvl.core.decoder;

/**
 * Sizes of a mixture of experts.
 *
 * @param count experts of a layer; 0 for a dense model
 * @param used experts that each token passes through
 * @param hiddenSize feed-forward size of one expert
 */
public record ExpertConfig(int count, int used, int hiddenSize) {}
