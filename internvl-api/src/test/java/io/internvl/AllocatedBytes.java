package io.internvl;

/**
 * Bytes that all threads allocated on the heap so far. Reflective, because the module under test
 * does not read {@code jdk.management}.
 */
final class AllocatedBytes {
  private AllocatedBytes() {}

  static long now() throws ReflectiveOperationException {
    Object threads =
        Class.forName("java.lang.management.ManagementFactory")
            .getMethod("getThreadMXBean")
            .invoke(null);
    return (long)
        Class.forName("com.sun.management.ThreadMXBean")
            .getMethod("getTotalThreadAllocatedBytes")
            .invoke(threads);
  }
}
