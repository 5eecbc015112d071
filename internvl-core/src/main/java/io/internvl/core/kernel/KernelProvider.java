package io.internvl.core.kernel;

/** Chooses the implementation of {@link Kernels} that this JVM can run. */
public final class KernelProvider {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  private KernelProvider() {}

  /**
   * Starts kernels. Without the module {@code jdk.incubator.vector} the scalar definitions run,
   * which are many times slower, and one warning says which flag to add.
   *
   * @param options threads and precision
   * @return kernels to be closed by the caller
   */
  public static Kernels create(KernelOptions options) {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()) {
      return new VectorKernels(options);
    }
    System.getLogger(KernelProvider.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "Slow scalar kernels are in use: start java with --add-modules " + VECTOR_MODULE);
    return new ScalarKernels(options);
  }

  /**
   * Starts the scalar definitions, wherever they run.
   *
   * @param options threads and precision
   * @return kernels to be closed by the caller
   */
  public static Kernels createScalar(KernelOptions options) {
    return new ScalarKernels(options);
  }
}
