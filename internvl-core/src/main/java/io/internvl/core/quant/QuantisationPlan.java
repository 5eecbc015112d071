package io.internvl.core.quant;

import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufMetadata;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.TensorType;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which type each tensor of a model gets when it is quantised.
 *
 * <p>Language models: the matrices with a {@link MatrixRole} get the type of the mix; a token
 * embedding that is the output matrix too is treated as output matrix. Vision files: the matrices
 * of attention, feed-forward and projector get the mix's main type. Everything else keeps its type:
 * norms, biases, expert routers, patch and position embeddings. Immutable.
 */
public final class QuantisationPlan {
  private static final Set<TensorType> UNQUANTISED =
      EnumSet.of(TensorType.F32, TensorType.F16, TensorType.BF16);
  private static final Pattern VISION_MATRIX =
      Pattern.compile(
          "v\\.blk\\.\\d+\\.(attn|ffn)_[a-z]+\\.weight|mm\\.(model\\.mlp\\.)?\\d+\\.weight");

  private final TypeMix mix;
  private final int layers;
  private final boolean tied;
  private final boolean vision;

  private QuantisationPlan(TypeMix mix, int layers, boolean tied, boolean vision) {
    this.mix = mix;
    this.layers = layers;
    this.tied = tied;
    this.vision = vision;
  }

  /**
   * Makes the plan of a file.
   *
   * @param file an open model or vision file
   * @param mix types of the matrices
   * @return the plan
   */
  public static QuantisationPlan of(GgufFile file, TypeMix mix) {
    GgufMetadata metadata = file.metadata();
    String architecture = metadata.string("general.architecture", "");
    return new QuantisationPlan(
        mix,
        metadata.int32(architecture + ".block_count", 1),
        file.find(MatrixRole.OUTPUT.tensorName(0)).isEmpty(),
        architecture.equals("clip"));
  }

  /**
   * Says whether a tensor's elements were quantised before.
   *
   * @param type the tensor's type
   * @return false for floating-point types
   */
  public static boolean isQuantised(TensorType type) {
    return !UNQUANTISED.contains(type);
  }

  /**
   * Chooses the type of a tensor.
   *
   * @param tensor a tensor of the file
   * @return the type it gets; its own when it is no matrix of the kinds above
   */
  public TensorType typeOf(GgufTensor tensor) {
    if (tensor.shape().size() < 2) {
      return tensor.type();
    }
    if (vision) {
      boolean matrix = VISION_MATRIX.matcher(tensor.name()).matches();
      return matrix ? mix.typeOf(tensor.cols()) : tensor.type();
    }
    Optional<MatrixRole> found = MatrixRole.of(tensor.name());
    if (found.isEmpty()) {
      return tensor.type();
    }
    boolean output = tied && found.get() == MatrixRole.TOKEN_EMBD;
    MatrixRole role = output ? MatrixRole.OUTPUT : found.get();
    return mix.typeOf(role, MatrixRole.layerOf(tensor.name()), layers, tensor.cols());
  }
}
