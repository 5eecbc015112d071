package io.internvl.core.kernel;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Calls every kernel for long enough to be compiled, and prints to the error stream what it then
 * allocates: a line {@code ALLOCATES name bytes} for each one that does not stop allocating, {@code
 * UNDECIDED name bytes} for those that had no time to because others took it, at the end {@code
 * FINISHED calls}. Run in a JVM of its own by {@link KernelGuardTest}. For work on a kernel, the
 * property {@code only} is a pattern of names, {@code patience} the seconds that a call has to stop
 * allocating.
 */
final class KernelExercise {
  static final String ALLOCATES = "ALLOCATES";
  static final String UNDECIDED = "UNDECIDED";
  static final String FINISHED = "FINISHED";

  private static final int[] TOKENS = {1, 3, 7, 64};
  private static final int ROWS = 48;
  private static final int COLS = 512;
  private static final int CALLS = 20;
  private static final long ALLOWED_BYTES_PER_CALL = 1024; // descriptions of calls, no vectors
  private static final long EXERCISE_NANOS = TimeUnit.MILLISECONDS.toNanos(15);
  private static final long PATIENCE_NANOS =
      TimeUnit.SECONDS.toNanos(Integer.getInteger("patience", 30)); // with one call
  private static final long TOTAL_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90); // with all

  private static long waited;

  private final KernelPair data = new KernelPair(1, 1);
  private final Map<String, Runnable> calls = new LinkedHashMap<>();

  private KernelExercise() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    KernelExercise exercise = new KernelExercise();
    for (Precision precision : Precision.values()) {
      Kernels kernels = new VectorKernels(new KernelOptions(1, precision));
      for (int tokens : TOKENS) {
        exercise.addLinear(precision + " " + tokens, kernels, tokens);
      }
    }
    exercise.addDecoding();
    for (int tokens : TOKENS) {
      exercise.addRows(tokens);
      exercise.addAttention(tokens);
    }
    for (Map.Entry<String, Runnable> call : exercise.calls.entrySet()) {
      if (call.getKey().matches(System.getProperty("only", ".*"))) {
        measure(call.getKey(), call.getValue());
      }
    }
    System.err.println(FINISHED + " " + exercise.calls.size());
  }

  private static void measure(String name, Runnable call) throws ReflectiveOperationException {
    long start = System.nanoTime();
    long least = Long.MAX_VALUE;
    long elapsed = 0;
    long patience = Math.min(PATIENCE_NANOS, TOTAL_PATIENCE_NANOS - waited);
    while (elapsed < EXERCISE_NANOS || (least > ALLOWED_BYTES_PER_CALL && elapsed < patience)) {
      long before = allocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        call.run();
      }
      least = Math.min(least, (allocatedBytes() - before) / CALLS);
      elapsed = System.nanoTime() - start;
    }
    if (elapsed > EXERCISE_NANOS) {
      waited += elapsed;
    }
    if (least > ALLOWED_BYTES_PER_CALL) {
      String verdict = patience == PATIENCE_NANOS ? ALLOCATES : UNDECIDED;
      System.err.println(verdict + " " + name + " " + least);
    }
  }

  // Reflective, because the module under test does not read jdk.management.
  private static long allocatedBytes() throws ReflectiveOperationException {
    Object threads =
        Class.forName("java.lang.management.ManagementFactory")
            .getMethod("getThreadMXBean")
            .invoke(null);
    return (long)
        Class.forName("com.sun.management.ThreadMXBean")
            .getMethod("getTotalThreadAllocatedBytes")
            .invoke(threads);
  }

  private void addLinear(String name, Kernels kernels, int tokens) {
    Workspace workspace = kernels.newWorkspace();
    Tensor x = data.random(tokens, COLS);
    Tensor y = data.random(tokens, ROWS);
    Tensor z = data.random(tokens, ROWS);
    for (TensorType type : TensorType.values()) {
      if (!BlockCodecs.supports(type)) {
        continue;
      }
      WeightMatrix weight = data.quantized(type, ROWS, COLS);
      Linear linear = new Linear(data.mapped(weight), data.random(1, ROWS));
      calls.put(
          "linear " + type + " " + name,
          () -> kernels.linear(workspace, x, tokens, linear, Epilogue.STORE, null, y));
      WeightMatrix packed = data.packed(kernels, linear.weight());
      if (packed.packed() != null) {
        Linear copied = new Linear(packed, data.random(1, ROWS));
        calls.put(
            "packed " + type + " " + name,
            () -> kernels.linear(workspace, x, tokens, copied, Epilogue.STORE, null, y));
      }
      if (type == TensorType.Q8_0) {
        Linear[] linears = {linear, linear};
        Tensor[] outputs = {y, z};
        calls.put("linears " + name, () -> kernels.linears(workspace, x, tokens, linears, outputs));
        addEpilogues(name, kernels, workspace, x, tokens, linear, y);
      }
    }
  }

  private void addEpilogues(
      String name,
      Kernels kernels,
      Workspace workspace,
      Tensor x,
      int tokens,
      Linear linear,
      Tensor y) {
    Tensor scale = data.random(1, ROWS);
    for (Epilogue epilogue : Epilogue.values()) {
      Tensor used = epilogue == Epilogue.ADD_SCALED ? scale : null;
      calls.put(
          "linear " + epilogue + " " + name,
          () -> kernels.linear(workspace, x, tokens, linear, epilogue, used, y));
    }
    for (GateActivation activation : GateActivation.values()) {
      calls.put(
          "gatedLinear " + activation + " " + name,
          () -> kernels.gatedLinear(workspace, x, tokens, linear, linear, activation, y));
    }
  }

  private void addDecoding() {
    Tensor y = data.random(1, COLS);
    for (TensorType type : TensorType.values()) {
      if (BlockCodecs.supports(type)) {
        WeightMatrix weight = data.quantized(type, ROWS, COLS);
        calls.put(
            "decodeRow " + type,
            () -> data.vector.decodeRow(data.vectorWorkspace, weight, 3, y, 0));
      }
    }
  }

  private void addRows(int tokens) {
    Kernels kernels = data.vector;
    Tensor x = data.random(tokens, COLS);
    Tensor y = data.random(tokens, COLS);
    Tensor weight = data.random(1, COLS);
    Tensor headWeight = data.random(1, 64);
    Tensor angles = data.random(tokens, 32);
    KvLayer cache = new KvLayer(data.arena, 8, 64, tokens, KvLayer.Format.F16);
    calls.put("rmsNorm " + tokens, () -> kernels.rmsNorm(x, tokens, weight, 1e-6f, y));
    calls.put("rmsNormHeads " + tokens, () -> kernels.rmsNormHeads(y, tokens, 8, headWeight, 1));
    calls.put("layerNorm " + tokens, () -> kernels.layerNorm(x, tokens, weight, weight, 1, y));
    calls.put("rotate " + tokens, () -> kernels.rotate(y, tokens, 8, 64, angles, angles, false));
    calls.put(
        "rotate pairs " + tokens, () -> kernels.rotate(y, tokens, 8, 64, angles, angles, true));
    calls.put("store " + tokens, () -> kernels.store(x, x, tokens, cache, 0));
    calls.put("addScaledRow " + tokens, () -> kernels.addScaledRow(x, 0, 0.5f, y, tokens - 1));
  }

  private void addAttention(int tokens) {
    int first = 300;
    for (int headDim : new int[] {64, 128}) {
      AttentionShape shape = new AttentionShape(4, 2, headDim, 0.1f, 0, null);
      AttentionShape full = new AttentionShape(4, 4, headDim, 0.1f, 0, null);
      Tensor q = data.random(tokens, 4 * headDim);
      Tensor y = data.random(tokens, 4 * headDim);
      for (KvLayer.Format format : KvLayer.Format.values()) {
        KvLayer cache = new KvLayer(data.arena, 2, headDim, first + tokens, format);
        calls.put(
            "attention " + headDim + " " + format + " " + tokens,
            () -> data.vector.attention(data.vectorWorkspace, q, tokens, cache, first, shape, y));
      }
      calls.put(
          "fullAttention " + headDim + " " + tokens,
          () -> data.vector.fullAttention(data.vectorWorkspace, q, q, q, 1, tokens, full, y));
    }
  }
}
