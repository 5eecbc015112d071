package io.internvl.core.decoder;

import io.internvl.core.kernel.Epilogue;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.nn.KvCache;
import io.internvl.core.nn.Requantiser;
import io.internvl.core.nn.RotaryEmbedding;
import io.internvl.core.nn.WeightPacker;
import io.internvl.core.nn.Weights;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The language model: embeddings in, logits out.
 *
 * <p>The weights are shared by all conversations and never change; a {@link DecoderState} holds
 * what belongs to one of them. Thread-safe as far as each state is used by one thread at a time.
 */
public final class Decoder {
  private static final String TOKEN_EMBEDDING = "token_embd.weight";

  private final DecoderConfig config;
  private final Kernels kernels;
  private final WeightMatrix embedding; // (vocabulary, hidden)
  private final DecoderLayer[] layers;
  private final Tensor outputNorm; // (1, hidden)
  private final Linear output; // (vocabulary, hidden)
  private final boolean tied; // output is the embedding
  private final RotaryEmbedding rotary;
  private final RotaryEmbedding longRotary; // beyond the original context

  private Decoder(DecoderConfig config, Weights weights, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    int hidden = config.hiddenSize();
    tied = !weights.has("output.weight");
    int vocabulary = config.vocabularySize();
    embedding =
        tied
            ? weights.matrix(TOKEN_EMBEDDING, vocabulary, hidden)
            : weights.table(TOKEN_EMBEDDING, vocabulary, hidden);
    layers = new DecoderLayer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new DecoderLayer(config, i, weights, kernels);
    }
    outputNorm = weights.vector("output_norm.weight", hidden);
    output = tied ? new Linear(embedding, null) : weights.linear("output", vocabulary, hidden);
    rotary = rotary(config, weights, "rope_factors_short.weight");
    boolean longRope = weights.has("rope_factors_long.weight");
    longRotary = longRope ? rotary(config, weights, "rope_factors_long.weight") : rotary;
  }

  /**
   * Binds the weights of a file.
   *
   * @param file the open model file; must stay open as long as the decoder is used
   * @param arena owner of decoded vectors
   * @param kernels executes the operations
   * @return the model
   * @throws GgufException when metadata or tensors are missing or do not fit
   */
  public static Decoder load(GgufFile file, Arena arena, Kernels kernels) {
    return load(file, arena, kernels, null, null);
  }

  /**
   * Binds the weights of a file, some of which are to be encoded anew.
   *
   * @param file the open model file; must stay open as long as the decoder is used
   * @param arena owner of decoded vectors
   * @param kernels executes the operations
   * @param requantiser takes the matrices, to be run before the decoder is used; null leaves them
   *     as stored
   * @param packer makes copies of the matrices, to be run after the requantiser; null for none
   * @return the model
   * @throws GgufException when metadata or tensors are missing or do not fit
   */
  public static Decoder load(
      GgufFile file,
      Arena arena,
      Kernels kernels,
      @Nullable Requantiser requantiser,
      @Nullable WeightPacker packer) {
    if (file.metadata().string("general.architecture", "").equals("clip")) {
      throw new GgufException(
          file.path() + ": a vision file, which goes with a language model; name that one instead");
    }
    GgufTensor tokens = file.require(TOKEN_EMBEDDING);
    if (tokens.rows() < 1 || tokens.rows() > Integer.MAX_VALUE) {
      throw new GgufException(
          file.path()
              + ": tensor '"
              + TOKEN_EMBEDDING
              + "' has shape "
              + tokens.shapeText()
              + ", expected [embedding length, tokens]");
    }
    DecoderConfig config = DecoderConfig.from(file.metadata(), (int) tokens.rows());
    if (config.layers() > file.tensors().size()) {
      throw new GgufException(
          file.path()
              + ": "
              + config.layers()
              + " layers, but "
              + file.tensors().size()
              + " tensors");
    }
    Weights weights = new Weights(file, arena, requantiser, packer);
    Decoder decoder = new Decoder(config, weights, kernels);
    weights.check();
    return decoder;
  }

  private static RotaryEmbedding rotary(DecoderConfig config, Weights weights, String longRope) {
    int pairs = config.ropeDims() / 2;
    float[] factors = new float[0];
    for (String name : new String[] {"rope_freqs.weight", longRope}) {
      if (weights.has(name)) {
        factors = new float[pairs];
        Tensor vector = weights.vector(name, pairs);
        if (vector.cols() == pairs) {
          vector.copyRowTo(0, factors, 0);
        }
      }
    }
    return new RotaryEmbedding(
        config.ropeDims(),
        config.ropeBase(),
        config.architecture().interleavedRope(),
        config.ropeScaling(),
        factors);
  }

  /**
   * Creates an empty conversation.
   *
   * @param maxLength largest number of positions
   * @param maxTokens tokens of one forward pass
   * @param maxOutputs rows of logits that can be asked for at once
   * @param format element format of the KV cache
   * @return the state, to be closed by the caller
   */
  public DecoderState newState(
      int maxLength, int maxTokens, int maxOutputs, KvLayer.Format format) {
    return newState(maxLength, maxTokens, maxOutputs, format, List.of());
  }

  /**
   * Creates an empty conversation with adapters. Those with a scale of 0 cost nothing.
   *
   * @param maxLength largest number of positions
   * @param maxTokens tokens of one forward pass
   * @param maxOutputs rows of logits that can be asked for at once
   * @param format element format of the KV cache
   * @param adapters adapters of this model; their changes add up
   * @return the state, to be closed by the caller
   */
  public DecoderState newState(
      int maxLength,
      int maxTokens,
      int maxOutputs,
      KvLayer.Format format,
      List<ScaledAdapter> adapters) {
    return newState(newCache(maxLength, format), maxTokens, maxOutputs, 0, adapters);
  }

  DecoderState newState(
      KvCache cache, int maxTokens, int maxOutputs, int mostCaches, List<ScaledAdapter> adapters) {
    return new DecoderState(config, kernels, cache, maxTokens, maxOutputs, mostCaches, adapters);
  }

  KvCache newCache(int maxLength, KvLayer.Format format) {
    return new KvCache(config.layers(), config.kvHeads(), config.headDim(), maxLength, format);
  }

  /**
   * Creates several empty conversations that are evaluated together.
   *
   * @param places largest number of conversations
   * @param maxLength largest number of positions of one
   * @param maxTokens tokens of one forward pass of a prompt
   * @param format element format of the KV caches
   * @param adapters adapters of this model; their changes add up
   * @return the conversations, to be closed by the caller
   */
  public DecoderBatch newBatch(
      int places,
      int maxLength,
      int maxTokens,
      KvLayer.Format format,
      List<ScaledAdapter> adapters) {
    return new DecoderBatch(this, places, maxLength, maxTokens, format, adapters);
  }

  /**
   * Binds the tensors of a LoRA adapter.
   *
   * @param file the open adapter; must stay open as long as it is used
   * @return the adapter
   * @throws GgufException when the file is no LoRA adapter or does not fit the model
   */
  public LoraAdapter loadAdapter(GgufFile file) {
    return LoraAdapter.load(file, config, tied);
  }

  /**
   * Writes the embedding of a token into the input.
   *
   * @param state the conversation
   * @param token token id
   * @param row row of {@link DecoderState#input}
   */
  public void embed(DecoderState state, int token, int row) {
    if (token < 0 || token >= config.vocabularySize()) {
      throw new IllegalArgumentException(
          "token id " + token + ", vocabulary size " + config.vocabularySize());
    }
    kernels.decodeRow(state.workspace, embedding, token, state.x, row);
    state.adaptEmbedding(token, row);
  }

  /**
   * Evaluates new tokens after those in the cache.
   *
   * @param state the conversation; rows 0 .. tokens-1 of its input hold embeddings
   * @param tokens number of new tokens, at most {@link DecoderState#maxTokens}
   * @param outputs of how many of the last tokens logits are wanted; they are then in rows 0 ..
   *     outputs-1 of {@link DecoderState#logits}
   */
  public void forward(DecoderState state, int tokens, int outputs) {
    if (tokens < 1 || tokens > state.maxTokens() || outputs < 0 || outputs > tokens) {
      throw new IllegalArgumentException(
          tokens + " tokens with " + outputs + " outputs, limit " + state.maxTokens());
    }
    state.rows.share(state.cache());
    int length = Math.max(state.cache().length() + tokens, state.expectedLength());
    evaluate(state, tokens, outputs, length);
  }

  /**
   * Evaluates one new token of each of several conversations, all with one reading of the weights.
   *
   * @param batch the conversations; row i of the state's input holds the embedding of the token of
   *     the i-th one that is named
   * @param places which conversations, each at most once; row i of the state's logits is that of
   *     the i-th one afterwards
   * @param count how many of them
   */
  public void forward(DecoderBatch batch, int[] places, int count) {
    if (count < 1 || count > batch.places() || count > places.length) {
      throw new IllegalArgumentException(
          count + " conversations of " + batch.places() + ", " + places.length + " named");
    }
    batch.choose(places, count);
    evaluate(batch.state(), count, count, 0);
  }

  private void evaluate(DecoderState state, int tokens, int outputs, int wholeLength) {
    CachedRows rows = state.rows;
    rows.reserve(tokens);
    int original = config.ropeScaling().originalContext();
    for (int t = 0; t < tokens; t++) {
      boolean extended = Math.max(rows.position(t) + 1, wholeLength) > original;
      (extended ? longRotary : rotary).fill(rows.position(t), state.cos, state.sin, t);
    }
    for (int i = 0; i < layers.length; i++) {
      layers[i].forward(state, tokens, i == layers.length - 1 ? outputs : tokens);
    }
    rows.advance(tokens);
    if (outputs > 0) {
      kernels.rmsNorm(state.x, outputs, outputNorm, config.rmsNormEps(), state.hidden);
      kernels.linear(
          state.workspace, state.hidden, outputs, output, Epilogue.STORE, null, state.logits);
      state.adapt(LinearMap.NO_LAYER, LinearMap.LOGITS, state.hidden, outputs, state.logits);
    }
  }

  /**
   * Returns the sizes of the model.
   *
   * @return the configuration
   */
  public DecoderConfig config() {
    return config;
  }
}
