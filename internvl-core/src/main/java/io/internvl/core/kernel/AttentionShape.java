package io.internvl.core.kernel;

import org.jspecify.annotations.Nullable;

/**
 * What stays the same in every call of one layer's attention.
 *
 * @param heads number of query heads
 * @param kvHeads number of key/value heads; divides {@code heads}; query head h reads key/value
 *     head h / (heads / kvHeads)
 * @param headDim size of one head
 * @param scale factor of the scores, usually 1/sqrt(headDim)
 * @param window a query sees at most this many positions including its own; 0 for all
 * @param sinks one learned logit per query head that joins the softmax denominator (1, heads), or
 *     null for none
 */
public record AttentionShape(
    int heads, int kvHeads, int headDim, float scale, int window, @Nullable Tensor sinks) {}
