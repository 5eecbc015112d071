package io.internvl.core.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The operations of a forward pass.
 *
 * <p>Every activation is a {@link Tensor} with one token a row; {@code tokens} says how many rows
 * are in use. Outputs never alias inputs unless stated. One instance serves a whole model and may
 * be used from several threads at once, each with a {@link Workspace} of its own. The scalar
 * implementation is the definition of each operation.
 */
public interface Kernels extends AutoCloseable {
  /**
   * Creates the scratch memory of one session.
   *
   * @return scratch that grows to what the largest call needs and is reused from then on
   */
  Workspace newWorkspace();

  /**
   * Computes {@code y = x Wᵀ + b} and what follows it.
   *
   * @param workspace scratch of the calling session
   * @param x input (tokens, cols)
   * @param tokens rows of x in use
   * @param linear W (rows, cols) and b
   * @param epilogue what happens to each value before it is stored
   * @param scale layer scale (1, rows) of {@link Epilogue#ADD_SCALED}, otherwise null
   * @param y output (tokens, rows)
   */
  void linear(
      Workspace workspace,
      Tensor x,
      int tokens,
      Linear linear,
      Epilogue epilogue,
      @Nullable Tensor scale,
      Tensor y);

  /**
   * Applies several linear maps to the same input, such as query, key and value.
   *
   * @param workspace scratch of the calling session
   * @param x input (tokens, cols)
   * @param tokens rows of x in use
   * @param linears the maps, all with the same number of columns
   * @param ys outputs, ys[i] is (tokens, linears[i].rows)
   */
  void linears(Workspace workspace, Tensor x, int tokens, Linear[] linears, Tensor[] ys);

  /**
   * The first half of a SwiGLU feed-forward: {@code y = silu(gate(x)) * up(x)}.
   *
   * @param workspace scratch of the calling session
   * @param x input (tokens, cols)
   * @param tokens rows of x in use
   * @param gate gate projection
   * @param up up projection, same shape
   * @param activation how gate and up values are joined
   * @param y output (tokens, rows)
   */
  void gatedLinear(
      Workspace workspace,
      Tensor x,
      int tokens,
      Linear gate,
      Linear up,
      GateActivation activation,
      Tensor y);

  /**
   * Joins gate and up values that were computed separately: {@code y = silu(gate) * up}.
   *
   * @param gate gate values (tokens, n)
   * @param up up values (tokens, n)
   * @param tokens rows in use
   * @param activation how they are joined
   * @param y output (tokens, n); may be gate or up
   */
  void gate(Tensor gate, Tensor up, int tokens, GateActivation activation, Tensor y);

  /**
   * Root-mean-square normalisation, {@code y = x / sqrt(mean(x²) + eps) * weight} (Zhang and
   * Sennrich 2019), over each row.
   *
   * @param x input (tokens, n)
   * @param tokens rows in use
   * @param weight (1, n)
   * @param eps added to the mean square
   * @param y output (tokens, n); may be x
   */
  void rmsNorm(Tensor x, int tokens, Tensor weight, float eps, Tensor y);

  /**
   * Root-mean-square normalisation of each head separately, in place.
   *
   * @param x (tokens, heads * weight.cols)
   * @param tokens rows in use
   * @param heads number of heads
   * @param weight (1, headDim), the same for all heads
   * @param eps added to the mean square
   */
  void rmsNormHeads(Tensor x, int tokens, int heads, Tensor weight, float eps);

  /**
   * Layer normalisation, {@code y = (x - mean) / sqrt(var + eps) * weight + bias} (Ba et al. 2016),
   * over each row.
   *
   * @param x input (tokens, n)
   * @param tokens rows in use
   * @param weight (1, n)
   * @param bias (1, n)
   * @param eps added to the variance
   * @param y output (tokens, n); may be x
   */
  void layerNorm(Tensor x, int tokens, Tensor weight, Tensor bias, float eps, Tensor y);

  /**
   * Rotates pairs of elements of each head by position-dependent angles (Su et al. 2021), in place.
   * With r = cos.cols, only the first 2r elements of a head are rotated.
   *
   * @param x (tokens, heads * headDim)
   * @param tokens rows in use
   * @param heads number of heads
   * @param headDim size of one head
   * @param cos (tokens, r): row t belongs to token t
   * @param sin (tokens, r)
   * @param interleaved true pairs elements (2i, 2i+1), false pairs (i, i+r)
   */
  void rotate(
      Tensor x, int tokens, int heads, int headDim, Tensor cos, Tensor sin, boolean interleaved);

  /**
   * Writes keys and values of new tokens into a cache.
   *
   * @param k keys after rotation (tokens, kvHeads * headDim)
   * @param v values (tokens, kvHeads * headDim)
   * @param tokens rows in use
   * @param cache receives them at positions {@code first .. first + tokens - 1}
   * @param first index of the first new position, at most {@code cache.capacity() - tokens}
   */
  void store(Tensor k, Tensor v, int tokens, KvLayer cache, int first);

  /**
   * Causal grouped-query attention against a cache: token t attends to positions {@code 0 .. first
   * + t}, which includes itself; its key and value are already stored.
   *
   * @param workspace scratch of the calling session
   * @param q queries after rotation (tokens, heads * headDim)
   * @param tokens rows in use
   * @param cache keys and values
   * @param first position of the first query
   * @param shape heads, scale, window, sinks
   * @param y output (tokens, heads * headDim)
   */
  void attention(
      Workspace workspace,
      Tensor q,
      int tokens,
      KvLayer cache,
      int first,
      AttentionShape shape,
      Tensor y);

  /**
   * Attention without a mask inside groups of consecutive rows, as in a vision tower.
   *
   * @param workspace scratch of the calling session
   * @param q queries (groups * tokensPerGroup, heads * headDim)
   * @param k keys, same shape
   * @param v values, same shape
   * @param groups number of groups (tiles) that do not see each other
   * @param tokensPerGroup rows of one group
   * @param shape heads (equal to kvHeads) and scale
   * @param y output, same shape
   */
  void fullAttention(
      Workspace workspace,
      Tensor q,
      Tensor k,
      Tensor v,
      int groups,
      int tokensPerGroup,
      AttentionShape shape,
      Tensor y);

  /**
   * Decodes one row of a weight matrix, such as a token embedding.
   *
   * @param workspace scratch of the calling session
   * @param weight the matrix
   * @param row index of its row
   * @param y receives it
   * @param yRow row of y to write
   */
  void decodeRow(Workspace workspace, WeightMatrix weight, int row, Tensor y, int yRow);

  /**
   * Adds scaled rows: {@code y[yRow] += factor * x[xRow]}.
   *
   * @param x source (.., n)
   * @param xRow row of x
   * @param factor multiplier
   * @param y target (.., n)
   * @param yRow row of y
   */
  void addScaledRow(Tensor x, int xRow, float factor, Tensor y, int yRow);

  /**
   * Says where a packed copy of a matrix will be, which makes products of one token or a few
   * faster. It has to be allocated and filled before the matrix is used.
   *
   * @param weight the matrix
   * @return the matrix with a copy, or without one when its type gains nothing from it
   */
  WeightMatrix withPacked(WeightMatrix weight);

  /**
   * Returns the threads that execute the operations, for other work such as preparing weights.
   *
   * @return the workers, closed with these kernels
   */
  Workers workers();

  /**
   * Says how the operations are executed, for logs and benchmark tables.
   *
   * @return such as {@code "vector 512-bit, 2 threads"}
   */
  String description();

  /** Stops the worker threads. Idempotent. */
  @Override
  void close();
}
