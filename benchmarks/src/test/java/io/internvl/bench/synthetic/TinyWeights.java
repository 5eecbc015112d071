package io.internvl.bench.synthetic;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.core.quant.MatrixRole;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The trained weights of the tiny model in another shape: its layers twice, so that rules for the
 * first eighth of the layers apply, smaller vocabulary and feed-forward, and as many columns of the
 * residual stream as wanted.
 */
final class TinyWeights {
  static final int LAYERS = 8;
  static final int VOCABULARY = 256;
  private static final int FEED_FORWARD = 256;
  private static final int TRAINED_LAYERS = 4;

  /**
   * A tensor in float32.
   *
   * @param origin name of the trained tensor
   * @param cols length of a row
   * @param rows number of rows, 0 of a vector
   * @param values row after row
   */
  record Floats(String origin, int cols, int rows, float[] values) {
    long[] shape() {
      return rows == 0 ? new long[] {cols} : new long[] {cols, rows};
    }
  }

  private final int hidden;
  private final Map<String, Floats> tensors = new LinkedHashMap<>();

  /**
   * Cuts the weights.
   *
   * @param file the float32 model
   * @param hidden columns to keep of the residual stream
   */
  TinyWeights(GgufFile file, int hidden) {
    this.hidden = hidden;
    for (GgufTensor tensor : file.tensors()) {
      Floats cut = cut(tensor);
      String name = tensor.name();
      tensors.put(name, cut);
      if (name.startsWith("blk.")) {
        int layer = Integer.parseInt(name.split("\\.")[1]) + TRAINED_LAYERS;
        tensors.put("blk." + layer + name.substring(name.indexOf('.', 4)), cut);
      }
    }
  }

  private Floats cut(GgufTensor tensor) {
    String name = tensor.name();
    Optional<MatrixRole> found = MatrixRole.of(name);
    int cols = (int) tensor.cols();
    if (found.isEmpty()) {
      int kept = name.endsWith("norm.weight") ? hidden : cols;
      return new Floats(name, kept, 0, Arrays.copyOf(decode(tensor), kept));
    }
    MatrixRole role = found.get();
    boolean toHidden = role == MatrixRole.ATTN_OUTPUT || role == MatrixRole.FFN_DOWN;
    boolean tokens = role == MatrixRole.TOKEN_EMBD || role == MatrixRole.OUTPUT;
    boolean inner = role == MatrixRole.FFN_GATE || role == MatrixRole.FFN_UP;
    int keptCols = toHidden ? Math.min(cols, FEED_FORWARD) : hidden;
    int rows = (int) tensor.rows();
    if (toHidden) {
      rows = hidden;
    } else if (tokens) {
      rows = VOCABULARY;
    } else if (inner) {
      rows = FEED_FORWARD;
    }
    float[] all = decode(tensor);
    float[] values = new float[rows * keptCols];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(all, row * cols, values, row * keptCols, keptCols);
    }
    return new Floats(name, keptCols, rows, values);
  }

  private static float[] decode(GgufTensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    BlockCodecs.of(tensor.type()).decode(tensor.data(), 0, values, 0, values.length);
    return values;
  }

  /** All tensors by name. */
  Map<String, Floats> tensors() {
    return tensors;
  }

  /** Standard deviation of all matrices' elements. */
  float deviation() {
    double squares = 0;
    long count = 0;
    for (Floats tensor : tensors.values()) {
      for (int i = 0; i < tensor.values().length && tensor.rows() > 0; i++) {
        squares += (double) tensor.values()[i] * tensor.values()[i];
        count++;
      }
    }
    return (float) Math.sqrt(squares / count);
  }

  /** A file with the hyper-parameters and no tensors yet. */
  GgufWriter writer() {
    return GgufWriter.create()
        .put("general.architecture", "qwen2")
        .put("qwen2.block_count", LAYERS)
        .put("qwen2.context_length", 8192)
        .put("qwen2.embedding_length", hidden)
        .put("qwen2.feed_forward_length", FEED_FORWARD)
        .put("qwen2.attention.head_count", 4)
        .put("qwen2.attention.head_count_kv", 2)
        .put("qwen2.attention.key_length", 64)
        .put("qwen2.attention.value_length", 64)
        .put("qwen2.rope.freq_base", 1e6f)
        .put("qwen2.attention.layer_norm_rms_epsilon", 1e-6f);
  }
}
