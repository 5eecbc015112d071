package io.internvl;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Settings of {@link Model#load(Path, ModelOptions)}. Immutable.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="model-options"}
 */
public final class ModelOptions {
  private static final int MAX_THREADS = 1024;
  private static final ModelOptions DEFAULTS = new Builder().build();

  private final Optional<Path> mmproj;
  private final boolean textOnly;
  private final int threads;
  private final int contextLength;
  private final WeightType weights;
  private final boolean packWeights;
  private final Optional<Path> packedFile;
  private final Precision precision;
  private final KvCacheType kvCacheType;
  private final boolean scalarKernels;
  private final boolean prefault;
  private final ProgressListener progress;
  private final Optional<ChatFormat> chatFormat;
  private final Map<Path, Double> adapters;

  private ModelOptions(Builder builder) {
    mmproj = builder.mmproj;
    textOnly = builder.textOnly;
    threads = builder.threads;
    contextLength = builder.contextLength;
    weights = builder.weights;
    packWeights = builder.packWeights;
    packedFile = builder.packedFile;
    precision = builder.precision;
    kvCacheType = builder.kvCacheType;
    scalarKernels = builder.scalarKernels;
    prefault = builder.prefault;
    progress = builder.progress;
    chatFormat = builder.chatFormat;
    adapters = Collections.unmodifiableMap(new LinkedHashMap<>(builder.adapters));
  }

  static double finite(double scale) {
    if (!Double.isFinite((float) scale)) {
      throw new IllegalArgumentException("adapter scale: " + scale + ", expected a finite number");
    }
    return scale;
  }

  /**
   * Returns the settings that apply when none are given.
   *
   * @return defaults, as each setter of {@link Builder} states
   */
  public static ModelOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Starts from the defaults.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the vision file to use.
   *
   * @return the path, empty to look beside the model
   */
  public Optional<Path> mmproj() {
    return mmproj;
  }

  /**
   * Says whether the vision file is left out.
   *
   * @return true for a model without images
   */
  public boolean textOnly() {
    return textOnly;
  }

  /**
   * Returns the number of threads.
   *
   * @return threads, 0 for one per physical core
   */
  public int threads() {
    return threads;
  }

  /**
   * Returns the largest number of positions of a session.
   *
   * @return positions, 0 for what the model was trained for
   */
  public int contextLength() {
    return contextLength;
  }

  /**
   * Returns how the language model's matrices are kept in memory.
   *
   * @return the type
   */
  public WeightType weights() {
    return weights;
  }

  /**
   * Says whether the language model's matrices have a second copy for decoding.
   *
   * @return true when they have
   */
  public boolean packWeights() {
    return packWeights;
  }

  /**
   * Returns where those copies are.
   *
   * @return a file, empty for memory
   */
  public Optional<Path> packedFile() {
    return packedFile;
  }

  /**
   * Returns how activations are treated.
   *
   * @return the precision
   */
  public Precision precision() {
    return precision;
  }

  /**
   * Returns the format of cached keys and values.
   *
   * @return the format
   */
  public KvCacheType kvCacheType() {
    return kvCacheType;
  }

  /**
   * Says whether the reference kernels are used.
   *
   * @return true for scalar kernels
   */
  public boolean scalarKernels() {
    return scalarKernels;
  }

  /**
   * Says whether the files are read into memory in the background.
   *
   * @return true for reading ahead
   */
  public boolean prefault() {
    return prefault;
  }

  /**
   * Returns who hears of progress.
   *
   * @return the listener
   */
  public ProgressListener progress() {
    return progress;
  }

  /**
   * Returns the prompt format.
   *
   * @return the format, empty to let the file decide
   */
  public Optional<ChatFormat> chatFormat() {
    return chatFormat;
  }

  /**
   * Returns the adapters of every session.
   *
   * @return immutable map from file to scale
   */
  public Map<Path, Double> adapters() {
    return adapters;
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private Optional<Path> mmproj = Optional.empty();
    private boolean textOnly;
    private int threads;
    private int contextLength;
    private WeightType weights = WeightType.STORED;
    private boolean packWeights;
    private Optional<Path> packedFile = Optional.empty();
    private Precision precision = Precision.FAST;
    private KvCacheType kvCacheType = KvCacheType.F16;
    private boolean scalarKernels;
    private boolean prefault = true;
    private ProgressListener progress = (stage, done, total) -> {};

    private Optional<ChatFormat> chatFormat = Optional.empty();
    private final Map<Path, Double> adapters = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Names the vision file. Default: the one file beside the model whose name contains {@code
     * mmproj}; of several, the best fitting name, then F16 before BF16 before others.
     *
     * @param path an mmproj GGUF file
     * @return this
     */
    public Builder mmproj(Path path) {
      mmproj = Optional.of(path);
      return this;
    }

    /**
     * Leaves the vision file out even if there is one. Default: false.
     *
     * @param value true for a model without images
     * @return this
     */
    public Builder textOnly(boolean value) {
      textOnly = value;
      return this;
    }

    /**
     * Sets the number of threads, the calling one included. Default: one per physical core (on
     * Linux; elsewhere one per logical processor).
     *
     * @param value 1 to 1024
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder threads(int value) {
      if (value < 1 || value > MAX_THREADS) {
        throw new IllegalArgumentException("threads: " + value + ", expected 1 to " + MAX_THREADS);
      }
      threads = value;
      return this;
    }

    /**
     * Limits the positions of a session: prompt, images and answers of all turns. Default: what the
     * model was trained for. Memory is taken as a session grows.
     *
     * @param value at least 16
     * @return this
     * @throws IllegalArgumentException when out of range
     */
    public Builder contextLength(int value) {
      if (value < 16) {
        throw new IllegalArgumentException("contextLength: " + value + ", expected at least 16");
      }
      contextLength = value;
      return this;
    }

    /**
     * Chooses how the language model's matrices are kept in memory: as stored, or quantised while
     * loading. Default: {@link WeightType#STORED}.
     *
     * <p>Quantising an F16 or BF16 file makes answers faster and takes less memory, at the cost of
     * a longer start, which {@link ProgressListener.Stage#QUANTISE} reports. The memory belongs to
     * the model. A file written with {@link ModelQuantiser} saves the repetition.
     *
     * @param value the type
     * @return this
     */
    public Builder weights(WeightType value) {
      weights = Objects.requireNonNull(value, "weights");
      return this;
    }

    /**
     * Copies quantised matrices of the language model to a layout that decodes faster: several rows
     * side by side, so that no sum over the lanes of a vector is needed. Default: false.
     *
     * <p>With vectors of 256 bits 8B Q4_K_M decodes 2.5 times as fast, 1B 1.5 times, types with
     * codebooks 1.7 to 6 times (AVX2, AMD Zen 3, 2 threads); prompts take about as long as before,
     * images as long. With vectors of 512 bits it was not timed. The copies are read instead of
     * what they were made of, whose pages then need no memory; what {@link #weights} has encoded
     * anew stays in memory beside them. A weight takes as much as before with Q4_0, Q4_1 and Q4_K;
     * a fifth more with Q5_0, Q5_1 and Q5_K; a third more with Q6_K, Q3_K and IQ3_S; 4.6 bits with
     * Q2_K, IQ1_S and IQ1_M; 8.6 bits with IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ4_NL and IQ4_XS.
     * Other types are not copied, nor is anything with {@link Precision#EXACT} or without vector
     * kernels. Loading takes longer, which {@link ProgressListener.Stage#PACK} reports: 2 to 4 s a
     * gigabyte on that machine; {@link #packWeights(Path)} does it once. The memory belongs to the
     * model.
     *
     * @param value true to copy
     * @return this
     */
    public Builder packWeights(boolean value) {
      packWeights = value;
      packedFile = Optional.empty();
      return this;
    }

    /**
     * Does what {@link #packWeights(boolean)} does, but keeps the copies in a file. The first load
     * writes it, as large as the copies, unless there is nothing to copy; later ones map it, which
     * takes no time and lets processes share the memory.
     *
     * <p>The file belongs to the model: it starts with a digest of the names, types and shapes of
     * all matrices and of 64 KiB from all over each. With another model, or on a processor with
     * vectors of 512 bits instead of shorter ones or the other way round, it is written anew, which
     * replaces it when it is complete. A file that is something else is not touched; loading fails.
     *
     * @param file where the copies are or will be, such as {@code model.packed} beside the model;
     *     its directory must exist
     * @return this
     */
    public Builder packWeights(Path file) {
      packedFile = Optional.of(Objects.requireNonNull(file, "file"));
      packWeights = true;
      return this;
    }

    /**
     * Chooses between speed and float32 activations. Default: {@link Precision#FAST}.
     *
     * @param value the precision
     * @return this
     */
    public Builder precision(Precision value) {
      precision = Objects.requireNonNull(value, "precision");
      return this;
    }

    /**
     * Chooses the format of cached keys and values. Default: {@link KvCacheType#F16}.
     *
     * @param value the format
     * @return this
     */
    public Builder kvCacheType(KvCacheType value) {
      kvCacheType = Objects.requireNonNull(value, "kvCacheType");
      return this;
    }

    /**
     * Uses the slow reference kernels even where vector instructions are available. Default: false.
     *
     * @param value true for scalar kernels
     * @return this
     */
    public Builder scalarKernels(boolean value) {
      scalarKernels = value;
      return this;
    }

    /**
     * Reads the files into the page cache after loading, in the background, so that the first
     * answers need not wait for the disk. Files that do not fit into the memory that is available
     * at that moment are left alone (on Linux; elsewhere they are read). Default: true.
     *
     * @param value false to read weights only when they are needed
     * @return this
     */
    public Builder prefault(boolean value) {
      prefault = value;
      return this;
    }

    /**
     * Names who hears of progress. Default: nobody.
     *
     * @param listener the listener
     * @return this
     */
    public Builder progress(ProgressListener listener) {
      progress = Objects.requireNonNull(listener, "progress");
      return this;
    }

    /**
     * Sets the prompt format. Default: what architecture, name and chat template in the file say;
     * the log names the format and the reason.
     *
     * @param value the format
     * @return this
     */
    public Builder chatFormat(ChatFormat value) {
      chatFormat = Optional.of(value);
      return this;
    }

    /**
     * Applies a LoRA adapter to every session. Several add up; the same one again replaces its
     * scale. Default: none. The weights stay as they are: an adapter costs two small products for
     * each linear map that it changes.
     *
     * @param path a GGUF file as {@code convert_lora_to_gguf} of llama.cpp writes it
     * @param scale factor of its changes, finite: 1 as trained, 0 not at all
     * @return this
     * @throws IllegalArgumentException when the scale is not finite
     */
    public Builder adapter(Path path, double scale) {
      adapters.put(Objects.requireNonNull(path, "path"), finite(scale));
      return this;
    }

    /**
     * Freezes the settings.
     *
     * @return the options
     * @throws IllegalArgumentException when both an mmproj and text-only were asked for
     */
    public ModelOptions build() {
      if (textOnly && mmproj.isPresent()) {
        throw new IllegalArgumentException("both mmproj " + mmproj.get() + " and textOnly are set");
      }
      return new ModelOptions(this);
    }
  }
}
