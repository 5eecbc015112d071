package io.internvl.core.decoder;

import io.internvl.core.kernel.Linear;
import io.internvl.core.kernel.WeightMatrix;
import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.GgufException;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the matrix pairs of an adapter file by the name of the weight they change. Problems are
 * collected, so that {@link #check} can name all of them at once. Not thread-safe.
 */
final class LoraTensors {
  private static final System.Logger LOG = System.getLogger(LoraTensors.class.getName());
  private static final String A = ".lora_a";
  private static final String B = ".lora_b";

  private final GgufFile file;
  private final float alpha;
  private final Set<String> used = new HashSet<>();
  private final List<String> problems = new ArrayList<>();

  /**
   * Creates an accessor.
   *
   * @param alpha numerator of the scale, 0 for a scale of 1
   */
  LoraTensors(GgufFile file, float alpha) {
    this.file = file;
    this.alpha = alpha;
  }

  /** The change of a weight matrix (rows, cols), null when the adapter leaves it alone. */
  @Nullable LoraPair matrix(String weight, int rows, int cols) {
    LoraPair[] pairs = stack(weight, 1, rows, cols);
    return pairs.length == 0 ? null : pairs[0];
  }

  /** The changes of a stack of matrices (count, rows, cols), empty when it is left alone. */
  LoraPair[] stack(String weight, int count, int rows, int cols) {
    GgufTensor a = find(weight, A);
    GgufTensor b = find(weight, B);
    if (a == null || b == null) {
      return new LoraPair[0];
    }
    int rank = rank(b.cols());
    require(a, cols, rank, count);
    require(b, rank, rows, count);
    return problems.isEmpty() ? pairs(a, b, count, rows, cols, rank) : new LoraPair[0];
  }

  /** The change of the token embedding, of which the file holds the transpose of A. */
  @Nullable LoraPair embedding(String weight, int vocabulary, int hidden) {
    GgufTensor a = find(weight, A);
    GgufTensor b = find(weight, B);
    if (a == null || b == null) {
      return null;
    }
    int rank = rank(b.cols());
    require(a, rank, vocabulary, 1);
    require(b, rank, hidden, 1);
    return problems.isEmpty() ? pairs(a, b, 1, hidden, rank, vocabulary)[0] : null;
  }

  private LoraPair[] pairs(GgufTensor a, GgufTensor b, int count, int rows, int cols, int aRows) {
    int rank = rank(b.cols());
    float scale = alpha == 0 ? 1 : alpha / rank;
    WeightMatrix downs = new WeightMatrix(a.name(), a.type(), count * aRows, cols, a.data());
    WeightMatrix ups = new WeightMatrix(b.name(), b.type(), count * rows, rank, b.data());
    LoraPair[] pairs = new LoraPair[count];
    for (int i = 0; i < count; i++) {
      Linear down = new Linear(downs.rows(i * aRows, aRows), null);
      Linear up = new Linear(ups.rows(i * rows, rows), null);
      pairs[i] = new LoraPair(down, up, scale);
    }
    return pairs;
  }

  private @Nullable GgufTensor find(String weight, String suffix) {
    Optional<GgufTensor> found = file.find(weight + suffix);
    found.ifPresent(tensor -> used.add(tensor.name()));
    return found.orElse(null);
  }

  private static int rank(long cols) {
    return (int) Math.min(Math.max(cols, 1), Integer.MAX_VALUE);
  }

  private void require(GgufTensor tensor, int cols, int rows, int count) {
    boolean fits = tensor.dim(0) == cols && tensor.dim(1) == rows && tensor.dim(2) == count;
    if (!fits || tensor.dim(3) != 1 || !BlockCodecs.supports(tensor.type())) {
      problems.add(
          "tensor '"
              + tensor.name()
              + "' has shape "
              + tensor.shapeText()
              + " of "
              + tensor.type()
              + ", expected ["
              + cols
              + ", "
              + rows
              + (count == 1 ? "]" : ", " + count + "]"));
    }
  }

  /**
   * Ends loading.
   *
   * @throws GgufException naming every tensor that does not fit the model
   */
  void check() {
    for (GgufTensor tensor : file.tensors()) {
      String name = tensor.name();
      String partner = partner(name);
      if (!partner.isEmpty() && file.find(partner).isEmpty()) {
        problems.add("tensor '" + name + "' is there without '" + partner + "'");
      } else if (name.endsWith("_norm.weight")) {
        LOG.log(System.Logger.Level.WARNING, "{0}: norm {1} not applied", file.path(), name);
      } else if (!used.contains(name)) {
        problems.add("tensor '" + name + "' changes nothing that this model has");
      }
    }
    if (!problems.isEmpty()) {
      throw new GgufException(
          file.path()
              + ": the adapter does not fit the model, it was made for another one:\n  "
              + String.join("\n  ", problems));
    }
  }

  private static String partner(String name) {
    if (name.endsWith(A)) {
      return name.substring(0, name.length() - A.length()) + B;
    }
    return name.endsWith(B) ? name.substring(0, name.length() - B.length()) + A : "";
  }
}
