package io.internvl.gguf;

import java.util.List;

/**
 * A tensor's entry in the header.
 *
 * @param offset where the data starts in the data section
 * @param bytes size of the data
 */
record TensorInfo(String name, TensorType type, List<Long> shape, long offset, long bytes) {}
