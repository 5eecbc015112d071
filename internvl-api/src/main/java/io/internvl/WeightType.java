package io.internvl;

/**
 * Encodings that the language model's matrices can be given while a model is loaded.
 *
 * <p>Only what the file stores as F32, F16 or BF16 is encoded anew, and only if that makes it
 * smaller; quantised matrices, norms, biases, expert routers and the vision tower stay as they are
 * stored. The token embedding gets the type as every other matrix. The output matrix, which decides
 * between tokens, gets at least {@link #Q6_K}; so does a token embedding that serves as output
 * matrix too.
 *
 * <p>Blocks of the types that end in {@code K} are 256 elements long. Matrices whose rows are no
 * multiple of that get the next wider type with blocks of 32: Q8_0 for Q6_K, Q5_1 for Q5_K, Q5_0
 * for Q4_K; if not even 32 divides the rows, F16.
 */
public enum WeightType {
  /** As the file stores them: mapped, shared with other processes, and loaded at once. */
  STORED,
  /** 8.5 bits a weight; hardly distinguishable from 16 bits. */
  Q8_0,
  /** 6.6 bits a weight. */
  Q6_K,
  /** 5.5 bits a weight; of the 5-bit types the best. */
  Q5_K,
  /** 6 bits a weight: 5-bit codes with scale and minimum for each 32. */
  Q5_1,
  /** 5.5 bits a weight: 5-bit codes with a scale for each 32. */
  Q5_0,
  /** 4.5 bits a weight; of the 4-bit types the best. */
  Q4_K,
  /** 5 bits a weight: 4-bit codes with scale and minimum for each 32. */
  Q4_1,
  /** 4.5 bits a weight: 4-bit codes with a scale for each 32. */
  Q4_0
}
