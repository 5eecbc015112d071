package io.internvl.core.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Precision;
import io.internvl.gguf.GgufFile;
import io.internvl.gguf.GgufTensor;
import io.internvl.gguf.GgufWriter;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small model of the fixtures whose tensors can be changed before it is written again. */
final class FixtureModel {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** A float32 tensor, sizes fastest first. */
  record Floats(long[] shape, float[] values) {
    static Floats of(float... values) {
      return new Floats(new long[] {values.length}, values);
    }
  }

  final GgufWriter metadata;
  final Map<String, Floats> tensors = new LinkedHashMap<>();
  private final Path directory;

  FixtureModel(Path directory, String name) throws IOException {
    this.directory = directory;
    Path path = directory.resolve("fixture-" + name + ".gguf");
    try (InputStream in = FixtureModel.class.getResourceAsStream("/families/" + name + ".gguf")) {
      assertThat(in).as(name).isNotNull();
      Files.write(path, in.readAllBytes());
    }
    try (GgufFile file = GgufFile.open(path)) {
      metadata = GgufWriter.create().putAll(file.metadata());
      for (GgufTensor tensor : file.tensors()) {
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        tensors.put(tensor.name(), new Floats(shape, tensor.data().toArray(FLOAT)));
      }
    }
  }

  /** Replaces tensors by one that holds the rows of all, matrix by matrix of a stack. */
  void fuse(String fused, String... names) {
    List<Floats> parts = List.of(names).stream().map(tensors::remove).toList();
    long[] shape = parts.getFirst().shape().clone();
    boolean vector = shape.length == 1;
    boolean bias = names[0].endsWith("bias");
    int stack = bias && !vector ? (int) shape[1] : shape.length == 3 ? (int) shape[2] : 1;
    int grown = vector || bias ? 0 : 1;
    shape[grown] = parts.stream().mapToLong(part -> part.shape()[grown]).sum();
    float[] values = new float[parts.stream().mapToInt(part -> part.values().length).sum()];
    int at = 0;
    for (int i = 0; i < stack; i++) {
      for (Floats part : parts) {
        int size = part.values().length / stack;
        System.arraycopy(part.values(), i * size, values, at, size);
        at += size;
      }
    }
    tensors.put(fused, new Floats(shape, values));
  }

  Path write(String name) throws IOException {
    Path path = directory.resolve(name + ".gguf");
    tensors.forEach((tensor, floats) ->
        metadata.tensor(
            tensor, TensorType.F32, floats.shape(), MemorySegment.ofArray(floats.values())));
    metadata.writeTo(path);
    return path;
  }

  /** Logits of the last token; all tokens but one in the first pass when {@code split}. */
  static float[] logits(Path path, int[] ids, boolean split) throws IOException {
    try (GgufFile file = GgufFile.open(path);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(new KernelOptions(2, Precision.EXACT))) {
      Decoder decoder = Decoder.load(file, arena, kernels);
      try (DecoderState state = decoder.newState(512, ids.length, 1, KvLayer.Format.F32)) {
        state.expectLength(ids.length);
        int first = split ? ids.length - 1 : ids.length;
        forward(decoder, state, ids, 0, first);
        if (split) {
          forward(decoder, state, ids, first, ids.length);
        }
        float[] logits = new float[decoder.config().vocabularySize()];
        state.logits().copyRowTo(0, logits, 0);
        return logits;
      }
    }
  }

  private static void forward(Decoder decoder, DecoderState state, int[] ids, int from, int end) {
    for (int t = from; t < end; t++) {
      decoder.embed(state, ids[t], t - from);
    }
    decoder.forward(state, end - from, 1);
  }
}
