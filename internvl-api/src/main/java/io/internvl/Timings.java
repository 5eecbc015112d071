package io.internvl;

import java.time.Duration;

/**
 * Where the time of a turn went.
 *
 * @param preprocess reading, decoding, tiling and normalising images
 * @param vision vision tower and projector
 * @param prefill evaluating the prompt, up to the logits of the first answer token
 * @param decode producing the answer
 */
public record Timings(Duration preprocess, Duration vision, Duration prefill, Duration decode) {}
