package io.internvl.core.nn;

import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the tensors of a file by name and checks their shapes.
 *
 * <p>Matrices stay views of the mapped file unless a {@link Requantiser} takes them, and a {@link
 * WeightPacker} adds copies to them; vectors (norms, biases) are decoded to float32. Missing or
 * misshapen tensors are collected, so that {@link #check} can name all of them at once; until then
 * a stand-in is returned that must not be used. Not thread-safe.
 */
public final class Weights {
  private static final System.Logger LOG = System.getLogger(Weights.class.getName());

  /** Rows of a stand-in for a tensor that is not there, whatever the metadata asks for. */
  private static final int MOST_STAND_INS = 4096;

  /** Stands for a tensor that is not there; never read, because {@link #check} fails. */
  private static final WeightMatrix MISSING =
      new WeightMatrix(
          "missing", TensorType.F32, 1, 1, MemorySegment.ofArray(new byte[Float.BYTES]));

  private final GgufFile file;
  private final Arena arena;
  private final @Nullable Requantiser requantiser;
  private final @Nullable WeightPacker packer;
  private final TensorProblems problems = new TensorProblems();
  private final Set<String> used = new HashSet<>();

  /**
   * Creates an accessor.
   *
   * @param file the open file; must stay open as long as the weights are in use
   * @param arena owner of decoded vectors
   */
  public Weights(GgufFile file, Arena arena) {
    this(file, arena, null, null);
  }

  /**
   * Creates an accessor that has matrices encoded anew, or copied to another layout.
   *
   * @param file the open file; must stay open as long as the weights are in use
   * @param arena owner of decoded vectors
   * @param requantiser takes the matrices, to be run before they are used; null leaves them as
   *     stored
   * @param packer makes copies of the matrices, to be run before they are used and after the
   *     requantiser; null for none
   */
  public Weights(
      GgufFile file,
      Arena arena,
      @Nullable Requantiser requantiser,
      @Nullable WeightPacker packer) {
    this.file = file;
    this.arena = arena;
    this.requantiser = requantiser;
    this.packer = packer;
  }

  /**
   * Says whether the file has a tensor.
   *
   * @param name tensor name
   * @return true when it is there
   */
  public boolean has(String name) {
    return file.find(name).isPresent();
  }

  /**
   * Returns a matrix.
   *
   * @param name tensor name
   * @param rows expected output size
   * @param cols expected input size
   * @return a view of the file (rows, cols), or memory that the requantiser will fill, with a copy
   *     if there is a packer
   */
  public WeightMatrix matrix(String name, int rows, int cols) {
    WeightMatrix matrix = table(name, rows, cols);
    return packer == null || matrix.equals(MISSING) ? matrix : packer.bind(matrix);
  }

  /**
   * Returns a matrix whose rows are looked up, not multiplied: it has no packed copy.
   *
   * @param name tensor name
   * @param rows expected number of rows
   * @param cols expected size of one
   * @return a view of the file (rows, cols), or memory that the requantiser will fill
   */
  public WeightMatrix table(String name, int rows, int cols) {
    GgufTensor tensor = lookUp(name, (long) rows * cols, cols);
    if (tensor == null) {
      return MISSING;
    }
    return requantiser != null && tensor.cols() == cols
        ? requantiser.bind(tensor, rows, cols)
        : new WeightMatrix(name, tensor.type(), rows, cols, tensor.data());
  }

  /**
   * Returns one matrix of a stack, such as an expert's.
   *
   * @param name name of the three-dimensional tensor (count, rows, cols)
   * @param count expected number of matrices
   * @param rows expected output size of one
   * @param cols expected input size
   * @return views of the file, one for each matrix
   */
  public WeightMatrix[] matrices(String name, int count, int rows, int cols) {
    long allRows = (long) count * rows;
    if (allRows > Integer.MAX_VALUE) {
      throw new GgufException(
          "tensor '" + name + "': " + count + " matrices of " + rows + " rows are too many");
    }
    WeightMatrix all = matrix(name, (int) allRows, cols);
    WeightMatrix[] parts = new WeightMatrix[count];
    for (int i = 0; i < count; i++) {
      parts[i] = rows(all, i * rows, rows);
    }
    return parts;
  }

  /**
   * Returns consecutive rows of a matrix that holds several maps.
   *
   * @param all the matrix, from this object
   * @param first index of the first row
   * @param count number of rows
   * @return a view (count, cols)
   */
  public WeightMatrix rows(WeightMatrix all, int first, int count) {
    return all.equals(MISSING) ? MISSING : all.rows(first, count);
  }

  /**
   * Returns a linear map without bias, {@code name + ".weight"}.
   *
   * @param name name without suffix
   * @param rows expected output size
   * @param cols expected input size
   * @return the map
   */
  public Linear linear(String name, int rows, int cols) {
    return new Linear(matrix(name + ".weight", rows, cols), null);
  }

  /**
   * Returns a linear map with the bias {@code name + ".bias"}.
   *
   * @param name name without suffix
   * @param rows expected output size
   * @param cols expected input size
   * @return the map
   */
  public Linear linearWithBias(String name, int rows, int cols) {
    return new Linear(matrix(name + ".weight", rows, cols), vector(name + ".bias", rows));
  }

  /**
   * Returns a linear map with the bias {@code name + ".bias"} if the file has one.
   *
   * @param name name without suffix
   * @param rows expected output size
   * @param cols expected input size
   * @return the map
   */
  public Linear linearWithOptionalBias(String name, int rows, int cols) {
    Tensor bias = has(name + ".bias") ? vector(name + ".bias", rows) : null;
    return new Linear(matrix(name + ".weight", rows, cols), bias);
  }

  /**
   * Returns a vector in float32.
   *
   * @param name tensor name
   * @param size expected number of elements
   * @return a copy (1, size)
   */
  public Tensor vector(String name, int size) {
    return vectors(name, 1, size)[0];
  }

  /**
   * Returns a vector in float32 if the file has it.
   *
   * @param name tensor name
   * @param size expected number of elements
   * @return a copy (1, size)
   */
  public Optional<Tensor> optionalVector(String name, int size) {
    return has(name) ? Optional.of(vector(name, size)) : Optional.empty();
  }

  /**
   * Returns the rows of a small matrix, or equal parts of a vector, as vectors in float32: the
   * experts' biases, the biases of a fused map.
   *
   * @param name tensor name
   * @param count expected number of rows
   * @param size expected number of elements of one
   * @return copies, each (1, size)
   */
  public Tensor[] vectors(String name, int count, int size) {
    GgufTensor tensor = lookUp(name, (long) count * size, size);
    if (tensor == null) {
      Tensor[] missing = new Tensor[Math.min(count, MOST_STAND_INS)];
      Arrays.fill(missing, Tensor.ofRow(arena, new float[1]));
      return missing;
    }
    Tensor[] rows = new Tensor[count];
    for (int i = 0; i < count; i++) {
      float[] values = new float[size];
      long offset = i * tensor.type().byteSize(size);
      BlockCodecs.of(tensor.type()).decode(tensor.data(), offset, values, 0, size);
      rows[i] = Tensor.ofRow(arena, values);
    }
    return rows;
  }

  /**
   * Returns consecutive parts of a vector that holds several, such as the bias of a fused map.
   *
   * @param name tensor name
   * @param sizes expected numbers of elements
   * @return copies, each (1, size)
   */
  public Tensor[] vectorParts(String name, int... sizes) {
    long wanted = IntStream.of(sizes).asLongStream().sum();
    if (wanted > Integer.MAX_VALUE) {
      throw new GgufException("tensor '" + name + "': " + wanted + " elements are too many");
    }
    Tensor all = vector(name, (int) wanted);
    Tensor[] parts = new Tensor[sizes.length];
    if (all.cols() < wanted) { // a stand-in
      Arrays.fill(parts, all);
      return parts;
    }
    float[] values = new float[all.cols()];
    all.copyRowTo(0, values, 0);
    int from = 0;
    for (int i = 0; i < sizes.length; i++) {
      parts[i] = Tensor.ofRow(arena, Arrays.copyOfRange(values, from, from + sizes[i]));
      from += sizes[i];
    }
    return parts;
  }

  /**
   * Ends loading: fails if anything was missing, and logs tensors nobody asked for.
   *
   * @throws GgufException naming every missing or misshapen tensor
   */
  public void check() {
    if (problems.count() > 0) {
      throw new GgufException(
          file.path()
              + ": "
              + problems.count()
              + " tensors are missing or unusable:\n  "
              + String.join("\n  ", problems.lines()));
    }
    if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
      file.tensors().stream()
          .map(GgufTensor::name)
          .filter(name -> !used.contains(name))
          .forEach(name ->
              LOG.log(System.Logger.Level.DEBUG, "{0}: tensor {1} not used", file.path(), name));
    }
  }

  private @Nullable GgufTensor lookUp(String name, long elements, int cols) {
    used.add(name);
    Optional<GgufTensor> found = file.find(name);
    if (found.isEmpty()) {
      problems.missing(name);
      return null;
    }
    GgufTensor tensor = found.get();
    boolean fits =
        tensor.elements() == elements && tensor.cols() > 0 && elements % tensor.cols() == 0;
    boolean wholeRows = cols % tensor.type().blockSize() == 0;
    if (!BlockCodecs.supports(tensor.type())) {
      problems.misshapen(
          "tensor '" + name + "' is of type " + tensor.type() + ", which holds no weights");
      return null;
    }
    if (tensor.type() == TensorType.NVFP4 && has(companionScale(name))) {
      problems.misshapen(
          "tensor '"
              + name
              + "' of NVFP4 is to be multiplied by the tensor '"
              + companionScale(name)
              + "', which is not supported");
      return null;
    }
    if (!fits || !wholeRows) {
      problems.misshapen(
          "tensor '"
              + name
              + "' has shape "
              + tensor.shapeText()
              + " of "
              + tensor.type()
              + ", expected ["
              + cols
              + ", "
              + elements / cols
              + "]");
      return null;
    }
    return tensor;
  }

  private static String companionScale(String name) {
    return name.replaceFirst("\\.weight$", "") + ".scale";
  }
}
