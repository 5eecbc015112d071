package io.internvl.core.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.internvl.core.kernel.KernelOptions;
import io.internvl.core.kernel.KernelProvider;
import io.internvl.core.kernel.Kernels;
import io.internvl.core.kernel.KvLayer;
import io.internvl.core.kernel.Precision;
import io.internvl.gguf.GgufFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Logits of small random models of every architecture against float32 values of transformers. */
class FamiliesTest {
  private static final float TOLERANCE = 1e-3f;

  @TempDir Path directory;

  static List<String> names() throws IOException {
    return models().findValuesAsString("name");
  }

  @ParameterizedTest
  @MethodSource("names")
  void logitsOfOnePassAreGolden(String name) throws IOException {
    JsonNode model = model(name);
    int[] ids = ids(model);
    try (Loaded loaded = load(model);
        DecoderState state = loaded.decoder.newState(512, 64, 64, KvLayer.Format.F32)) {
      forward(loaded.decoder, state, ids, ids.length, ids.length);
      float[] logits = new float[model.get("vocab").asInt()];
      for (int t = 0; t < ids.length; t++) {
        state.logits().copyRowTo(t, logits, 0);
        assertThat(argMax(logits)).as("row %d", t).isEqualTo(model.get("argmax").get(t).asInt());
      }
      float[] golden = floats(model.get("logits").asString());
      for (int i = 0; i < model.get("logitsRows").size(); i++) {
        state.logits().copyRowTo(model.get("logitsRows").get(i).asInt(), logits, 0);
        assertRow(logits, golden, i);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void tokenByTokenEqualsOnePass(String name) throws IOException {
    JsonNode model = model(name);
    int[] ids = ids(model);
    float[] golden = floats(model.get("logits").asString());
    try (Loaded loaded = load(model);
        DecoderState state = loaded.decoder.newState(512, 8, 1, KvLayer.Format.F32)) {
      float[] logits = new float[model.get("vocab").asInt()];
      int row = 0;
      for (int t = 0; t < ids.length; t++) {
        loaded.decoder.embed(state, ids[t], 0);
        loaded.decoder.forward(state, 1, 1);
        if (t == model.get("logitsRows").get(row).asInt()) {
          state.logits().copyRowTo(0, logits, 0);
          assertRow(logits, golden, row++);
        }
      }
      assertThat(row).isEqualTo(model.get("logitsRows").size());
    }
  }

  /** Eleven conversations with the same tokens, each at another one. */
  @ParameterizedTest
  @MethodSource("names")
  void tokensOfSeveralConversationsEqualOnePass(String name) throws IOException {
    JsonNode model = model(name);
    int[] ids = ids(model);
    float[] golden = floats(model.get("logits").asString());
    int places = 11;
    try (Loaded loaded = load(model);
        DecoderBatch batch =
            loaded.decoder.newBatch(places, 512, 16, KvLayer.Format.F32, List.of())) {
      for (int place = 0; place < places; place++) {
        forward(loaded.decoder, batch.conversation(place), ids, place + 1, 1);
      }
      int compared = 0;
      int[] order = new int[places];
      for (int count = places; count > 0; ) {
        count = 0;
        for (int place = places - 1; place >= 0; place--) {
          if (batch.cache(place).length() < ids.length) {
            loaded.decoder.embed(batch.state(), ids[batch.cache(place).length()], count);
            order[count++] = place;
          }
        }
        if (count > 0) {
          loaded.decoder.forward(batch, order, count);
          compared += compare(batch, order, count, model.get("logitsRows"), golden);
        }
      }
      assertThat(compared).isGreaterThan(places);
    }
  }

  /** Evaluates the first tokens. */
  private static void forward(
      Decoder decoder, DecoderState state, int[] ids, int count, int outputs) {
    for (int t = 0; t < count; t++) {
      decoder.embed(state, ids[t], t);
    }
    decoder.forward(state, count, outputs);
  }

  private static int compare(
      DecoderBatch batch, int[] order, int count, JsonNode rows, float[] golden) {
    float[] logits = new float[batch.state().logits().cols()];
    int compared = 0;
    for (int i = 0; i < count; i++) {
      int position = batch.cache(order[i]).length() - 1;
      for (int row = 0; row < rows.size(); row++) {
        if (rows.get(row).asInt() == position) {
          batch.state().logits().copyRowTo(i, logits, 0);
          assertRow(logits, golden, row);
          compared++;
        }
      }
    }
    return compared;
  }

  @ParameterizedTest
  @MethodSource("names")
  void chunksWithOnlyTheLastOutputEqualOnePass(String name) throws IOException {
    JsonNode model = model(name);
    int[] ids = ids(model);
    float[] golden = floats(model.get("logits").asString());
    try (Loaded loaded = load(model);
        DecoderState state = loaded.decoder.newState(512, 17, 1, KvLayer.Format.F32)) {
      for (int first = 0; first < ids.length; first += 17) {
        int count = Math.min(17, ids.length - first);
        for (int t = 0; t < count; t++) {
          loaded.decoder.embed(state, ids[first + t], t);
        }
        loaded.decoder.forward(state, count, first + count == ids.length ? 1 : 0);
      }
      float[] logits = new float[model.get("vocab").asInt()];
      state.logits().copyRowTo(0, logits, 0);
      assertRow(logits, golden, model.get("logitsRows").size() - 1);
    }
  }

  private static void assertRow(float[] logits, float[] golden, int row) {
    for (int v = 0; v < logits.length; v++) {
      assertThat(logits[v])
          .as("golden row %d, token %d", row, v)
          .isCloseTo(golden[row * logits.length + v], within(TOLERANCE));
    }
  }

  private record Loaded(GgufFile file, Arena arena, Kernels kernels, Decoder decoder)
      implements AutoCloseable {
    @Override
    public void close() {
      kernels.close();
      arena.close();
      file.close();
    }
  }

  private Loaded load(JsonNode model) throws IOException {
    String resource = model.get("file").asString();
    Path path = directory.resolve(resource);
    try (InputStream in = open(resource)) {
      Files.copy(in, path);
    }
    GgufFile file = GgufFile.open(path);
    Arena arena = Arena.ofShared();
    Kernels kernels = KernelProvider.create(new KernelOptions(2, Precision.EXACT));
    return new Loaded(file, arena, kernels, Decoder.load(file, arena, kernels));
  }

  private static JsonNode models() throws IOException {
    try (InputStream in = open("index.json")) {
      return JsonMapper.shared().readTree(in).get("models");
    }
  }

  private static JsonNode model(String name) throws IOException {
    for (JsonNode model : models()) {
      if (model.get("name").asString().equals(name)) {
        return model;
      }
    }
    throw new AssertionError(name);
  }

  private static int[] ids(JsonNode model) {
    JsonNode ids = model.get("ids");
    int[] array = new int[ids.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = ids.get(i).asInt();
    }
    return array;
  }

  private static float[] floats(String resource) throws IOException {
    try (InputStream in = open(resource)) {
      byte[] bytes = in.readAllBytes();
      float[] values = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    }
  }

  private static InputStream open(String resource) {
    InputStream in = FamiliesTest.class.getResourceAsStream("/families/" + resource);
    assertThat(in).as(resource).isNotNull();
    return in;
  }

  private static int argMax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }
}
