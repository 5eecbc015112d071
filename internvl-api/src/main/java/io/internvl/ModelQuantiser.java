package io.internvl;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.Workers;
import io.internvl.core.nn.ParallelEncoder;
import io.internvl.core.quant.QuantisationPlan;
import io.internvl.core.quant.TypeMix;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Writes a model file anew with other tensor types, such as Q4_K_M from BF16.
 *
 * <p>Which tensor gets which type follows the usual mixes of that name. Norms, biases, expert
 * routers and the embeddings of a vision tower are copied. The model is read and written piece by
 * piece; it never has to fit into memory. Immutable and thread-safe; each call of {@link #quantise}
 * blocks and uses threads of its own.
 *
 * {@snippet class="io.internvl.snippets.Snippets" region="quantise"}
 */
public final class ModelQuantiser {
  private static final int MAX_THREADS = 1024;
  private static final int QUANTISATION_VERSION = 2;

  private final TypeMix mix;
  private final int threads;
  private final boolean replaceExisting;
  private final boolean allowQuantised;
  private final ProgressListener progress;

  private ModelQuantiser(Builder builder) {
    mix = builder.mix;
    threads = builder.threads == 0 ? KernelOptions.defaults().threads() : builder.threads;
    replaceExisting = builder.replaceExisting;
    allowQuantised = builder.allowQuantised;
    progress = builder.progress;
  }

  /**
   * Returns the names that {@link #builder} knows.
   *
   * @return such as {@code Q8_0} and {@code Q4_K_M}
   */
  public static List<String> mixes() {
    return TypeMix.names().stream().filter(name -> TypeMix.of(name).encodable()).toList();
  }

  /**
   * Starts from the defaults.
   *
   * @param mix one of {@link #mixes}, in any case
   * @return a builder
   * @throws IllegalArgumentException when there is no such mix
   */
  public static Builder builder(String mix) {
    List<String> known = mixes();
    return known.stream()
        .filter(mix::equalsIgnoreCase)
        .findFirst()
        .map(name -> new Builder(TypeMix.of(name)))
        .orElseThrow(
            () -> new IllegalArgumentException("mix '" + mix + "' is not one of " + known));
  }

  /**
   * Writes a quantised copy. It appears under its name when it is complete.
   *
   * @param source a GGUF language model or vision file; of a split one, any part
   * @param target the file to write
   * @throws FileAlreadyExistsException when the target exists and is not to be replaced, or is part
   *     of the source
   * @throws IOException when a file cannot be read or written
   * @throws ModelLoadException when the source is damaged, quantised already, or has values that
   *     cannot be encoded
   */
  public void quantise(Path source, Path target) throws IOException {
    if (Files.exists(target) && !replaceExisting) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "the file exists and was not to be replaced");
    }
    try (GgufFile file = GgufFile.open(source);
        Workers workers = Workers.start(threads)) {
      for (Path part : file.parts()) {
        if (Files.exists(target) && Files.isSameFile(part, target)) {
          throw new FileAlreadyExistsException(
              target.toString(), null, "the file is what would be read");
        }
      }
      writer(file, workers).writeTo(target);
    } catch (GgufException e) {
      throw new ModelLoadException(String.valueOf(e.getMessage()), e);
    }
  }

  private GgufWriter writer(GgufFile file, Workers workers) {
    QuantisationPlan plan = QuantisationPlan.of(file, mix);
    GgufWriter writer =
        GgufWriter.create()
            .putAll(file.metadata())
            .put("general.file_type", mix.fileType())
            .put("general.quantization_version", QUANTISATION_VERSION);
    EncodedTensors encoded = new EncodedTensors(new ParallelEncoder(file, workers), progress);
    for (GgufTensor tensor : file.tensors()) {
      TensorType type = plan.typeOf(tensor);
      if (type == tensor.type()) {
        writer.tensor(tensor);
      } else {
        checkUnquantised(file, tensor, type);
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(tensor.name(), type, shape, encoded.source(tensor, type));
      }
    }
    return writer;
  }

  private void checkUnquantised(GgufFile file, GgufTensor tensor, TensorType type) {
    if (QuantisationPlan.isQuantised(tensor.type()) && !allowQuantised) {
      throw new ModelLoadException(
          file.path()
              + ": tensor '"
              + tensor.name()
              + "' is "
              + tensor.type()
              + " already; making it "
              + type
              + " adds a second error. Take the F32, F16 or BF16 file, or allow quantised sources");
    }
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private final TypeMix mix;
    private int threads;
    private boolean replaceExisting;
    private boolean allowQuantised;
    private ProgressListener progress = (stage, done, total) -> {};

    private Builder(TypeMix mix) {
      this.mix = mix;
    }

    /**
     * Sets the number of threads, the calling one included. Default: one per physical core.
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
     * Allows the target to exist; it is replaced when the new file is complete. Default: false.
     *
     * @param value true to replace
     * @return this
     */
    public Builder replaceExisting(boolean value) {
      replaceExisting = value;
      return this;
    }

    /**
     * Allows sources whose matrices are quantised already, although that adds a second error.
     * Default: false.
     *
     * @param value true to allow them
     * @return this
     */
    public Builder allowQuantised(boolean value) {
      allowQuantised = value;
      return this;
    }

    /**
     * Names who hears of progress. Default: nobody.
     *
     * @param listener hears of {@link ProgressListener.Stage#QUANTISE}
     * @return this
     */
    public Builder progress(ProgressListener listener) {
      progress = Objects.requireNonNull(listener, "progress");
      return this;
    }

    /**
     * Freezes the settings.
     *
     * @return the quantiser
     */
    public ModelQuantiser build() {
      return new ModelQuantiser(this);
    }
  }
}
