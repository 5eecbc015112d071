package io.internvl.vision.vit;

import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.Tensor;
import io.internvl.core.nn.Weights;
import org.jspecify.annotations.Nullable;

/** LayerNorm when the file has a bias for it, RMSNorm otherwise. */
final class Norm {
  private final Kernels kernels;
  private final Tensor weight; // (1, size)
  private final @Nullable Tensor bias; // (1, size)
  private final float eps;

  Norm(String name, int size, float eps, Weights weights, Kernels kernels) {
    this.kernels = kernels;
    this.eps = eps;
    weight = weights.vector(name + ".weight", size);
    bias = weights.optionalVector(name + ".bias", size).orElse(null);
  }

  void forward(Tensor x, int rows, Tensor y) {
    if (bias == null) {
      kernels.rmsNorm(x, rows, weight, eps, y);
    } else {
      kernels.layerNorm(x, rows, weight, bias, eps, y);
    }
  }
}
