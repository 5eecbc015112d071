package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kernel of each tensor type, for one precision. */
final class GemvKernels {
  /**
   * System property that switches the integer kernels on. Off by default: in some runs C2 leaves
   * their vectors on the heap, which the tests do not allow.
   */
  static final String INTEGER_KERNELS = "io.internvl.integerKernels";

  private final Map<TensorType, GemvKernel> kernels = new EnumMap<>(TensorType.class);

  GemvKernels(Precision precision) {
    kernels.put(TensorType.F32, new GemvF32());
    kernels.put(TensorType.F16, new GemvF16());
    kernels.put(TensorType.BF16, new GemvBF16());
    if (VectorSupport.LANES == 16) {
      kernels.put(TensorType.Q8_0, new GemvQ8_0());
      kernels.put(TensorType.Q4_0, new GemvQ4_0());
      kernels.put(TensorType.Q4_1, new GemvQ4_1());
      kernels.put(TensorType.Q5_0, new GemvQ5_0());
      kernels.put(TensorType.Q5_1, new GemvQ5_1());
      kernels.put(TensorType.IQ4_NL, new GemvIQ4_NL());
      kernels.put(TensorType.MXFP4, new GemvMXFP4());
      if (precision == Precision.FAST && Boolean.getBoolean(INTEGER_KERNELS)) {
        kernels.put(TensorType.Q4_K, new GemvQ4_K());
        kernels.put(TensorType.Q6_K, new GemvQ6_K());
      }
    }
  }

  /** Returns the kernel for a matrix; null when it goes through {@link GemvTile}. */
  @Nullable GemvKernel find(WeightMatrix weight) {
    GemvKernel kernel = kernels.get(weight.type());
    return kernel != null && kernel.fits(weight.cols()) ? kernel : null;
  }
}
