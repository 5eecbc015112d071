package io.internvl.core.kernel;

import org.jspecify.annotations.Nullable;

/**
 * A linear map {@code y = W x + b}.
 *
 * @param weight W (rows, cols)
 * @param bias b (1, rows), or null for none
 */
public record Linear(WeightMatrix weight, @Nullable Tensor bias) {}
