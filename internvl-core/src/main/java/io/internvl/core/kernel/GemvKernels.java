package io.internvl.core.kernel;

import io.internvl.gguf.TensorType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kernel of each tensor type, if it has one, for one precision. */
final class GemvKernels {
  private static final List<TensorType> BLOCKS =
      List.of(TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1);

  private final Map<TensorType, GemvKernel> kernels = new EnumMap<>(TensorType.class);
  private final Map<PackedFormat, GemvKernel> packed = new EnumMap<>(PackedFormat.class);

  GemvKernels(Precision precision) {
    for (PackedFormat format : PackedFormat.values()) {
      packed.put(format, new GemvPackedKernel(format));
    }
    kernels.put(TensorType.F32, new GemvF32());
    boolean narrow = VectorSupport.LANES < 16 && Processors.fastSubnormals();
    kernels.put(TensorType.F16, narrow ? new GemvNarrowF16() : new GemvF16());
    kernels.put(TensorType.BF16, new GemvBF16());
    if (VectorSupport.LANES == 16) {
      putWide(precision);
    } else {
      putNarrow(precision);
    }
  }

  /** Vectors of 512 bits. */
  private void putWide(Precision precision) {
    kernels.put(TensorType.Q8_0, new GemvQ8_0());
    kernels.put(TensorType.Q4_0, new GemvQ4_0());
    kernels.put(TensorType.Q4_1, new GemvQ4_1());
    kernels.put(TensorType.Q5_0, new GemvQ5_0());
    kernels.put(TensorType.Q5_1, new GemvQ5_1());
    kernels.put(TensorType.IQ4_NL, new GemvIQ4_NL());
    kernels.put(TensorType.MXFP4, new GemvMXFP4());
    kernels.put(TensorType.Q2_K, new GemvQ2_K());
    kernels.put(TensorType.Q3_K, new GemvQ3_K());
    kernels.put(
        TensorType.Q4_K, precision == Precision.FAST ? new GemvQ4_KIntegers() : new GemvQ4_K());
    kernels.put(TensorType.Q5_K, new GemvQ5_K());
    kernels.put(TensorType.Q6_K, new GemvQ6_K());
    kernels.put(TensorType.IQ4_XS, new GemvIQ4_XS());
    kernels.put(TensorType.IQ3_XXS, new GemvBookIQ3_XXS());
    kernels.put(TensorType.IQ3_S, new GemvBookIQ3_S());
    kernels.put(TensorType.IQ2_XXS, new GemvBookIQ2_XXS());
    kernels.put(TensorType.IQ2_XS, new GemvBookIQ2_XS());
    kernels.put(TensorType.IQ2_S, new GemvBookIQ2_S());
    kernels.put(TensorType.IQ1_S, new GemvBookIQ1_S());
    kernels.put(TensorType.IQ1_M, new GemvBookIQ1_M());
  }

  /** Vectors of 256 or 128 bits. */
  private void putNarrow(Precision precision) {
    kernels.put(TensorType.Q8_0, new GemvNarrowQ8_0());
    for (TensorType type : BLOCKS) {
      kernels.put(type, new GemvNarrowBlockKernel(type, precision));
    }
    boolean exact = precision == Precision.EXACT;
    kernels.put(TensorType.Q2_K, exact ? new GemvNarrowQ2_K() : new GemvNarrowQ2_KIntegers());
    kernels.put(TensorType.Q3_K, exact ? new GemvNarrowQ3_K() : new GemvNarrowQ3_KIntegers());
    kernels.put(TensorType.Q4_K, exact ? new GemvNarrowQ4_K() : new GemvNarrowQ4_KIntegers());
    kernels.put(TensorType.Q5_K, exact ? new GemvNarrowQ5_K() : new GemvNarrowQ5_KIntegers());
    kernels.put(TensorType.Q6_K, exact ? new GemvNarrowQ6_K() : new GemvNarrowQ6_KIntegers());
    kernels.put(TensorType.IQ4_NL, new GemvNarrowIQ4_NL());
    kernels.put(TensorType.IQ4_XS, new GemvNarrowIQ4_XS());
    kernels.put(TensorType.MXFP4, new GemvNarrowMXFP4());
    if (VectorSupport.LANES == 8) {
      kernels.put(TensorType.IQ3_XXS, new GemvIQ3_XXSPairs());
      kernels.put(TensorType.IQ3_S, new GemvIQ3_SPairs());
      kernels.put(TensorType.IQ2_XXS, new GemvIQ2_XXS());
      kernels.put(TensorType.IQ2_XS, new GemvIQ2_XS());
      kernels.put(TensorType.IQ2_S, new GemvIQ2_S());
      kernels.put(TensorType.IQ1_S, new GemvIQ1_S());
      kernels.put(TensorType.IQ1_M, new GemvIQ1_M());
    } else {
      kernels.put(TensorType.IQ3_XXS, new GemvIQ3_XXS());
      kernels.put(TensorType.IQ3_S, new GemvIQ3_S());
    }
  }

  /** Returns the kernel for a matrix; null when it goes through {@link GemvTile}. */
  @Nullable GemvKernel find(WeightMatrix weight) {
    PackedRows rows = weight.packed();
    if (rows != null) {
      return packed.get(rows.format());
    }
    GemvKernel kernel = kernels.get(weight.type());
    return kernel != null && kernel.fits(weight.cols()) ? kernel : null;
  }
}
