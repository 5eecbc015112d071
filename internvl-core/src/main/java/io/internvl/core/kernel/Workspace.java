package io.internvl.core.kernel;

/**
 * Scratch memory of one session, made by {@link Kernels#newWorkspace}. Used by one thread at a
 * time.
 */
public interface Workspace extends AutoCloseable {
  /** Frees the memory. Idempotent. */
  @Override
  void close();
}
