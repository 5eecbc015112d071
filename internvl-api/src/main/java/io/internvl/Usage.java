package io.internvl;

/**
 * How many positions a turn took.
 *
 * @param cachedTokens positions of earlier turns, reused from the KV cache
 * @param promptTokens new positions evaluated before the answer, image embeddings included
 * @param imageTokens of these, image embeddings
 * @param completionTokens tokens of the answer, the end-of-turn token not counted
 */
public record Usage(int cachedTokens, int promptTokens, int imageTokens, int completionTokens) {}
