package io.internvl.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every type against values of ggml's reference, bit by bit. */
class BlockCodecsTest {
  static List<String> types() throws IOException {
    List<String> names = new ArrayList<>();
    for (JsonNode type : index()) {
      names.add(type.get("type").asString());
    }
    return names;
  }

  @ParameterizedTest
  @MethodSource("types")
  void decodesBitExactly(String name) throws IOException {
    byte[] blocks = read(name + ".blocks.bin");
    byte[] expectedBytes = read(name + ".f32.bin");
    int[] expected = new int[expectedBytes.length / Integer.BYTES];
    ByteBuffer.wrap(expectedBytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(expected);
    float[] values = new float[expected.length];
    BlockCodecs.of(TensorType.valueOf(name))
        .decode(MemorySegment.ofArray(blocks), 0, values, 0, values.length);
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    assertThat(bits).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("types")
  void fixtureAgreesWithTheTypeTable(String name) throws IOException {
    for (JsonNode type : index()) {
      if (type.get("type").asString().equals(name)) {
        TensorType known = TensorType.ofId(type.get("id").asInt()).orElseThrow();
        assertThat(known.name()).isEqualTo(name);
        assertThat(known.blockSize()).isEqualTo(type.get("blockSize").asInt());
        assertThat(known.blockBytes()).isEqualTo(type.get("bytesPerBlock").asInt());
      }
    }
  }

  @Test
  void integerTensorsAreRefused() {
    assertThatThrownBy(() -> BlockCodecs.of(TensorType.I32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("I32");
  }

  @Test
  void brokenBlocksAreRefused() {
    MemorySegment block = MemorySegment.ofArray(new byte[34]);
    assertThatThrownBy(() -> BlockCodecs.of(TensorType.Q8_0).decode(block, 0, new float[33], 0, 33))
        .hasMessage("33 elements of Q8_0, expected a multiple of 32");
  }

  private static JsonNode index() throws IOException {
    return JsonMapper.shared().readTree(read("index.json")).get("types");
  }

  private static byte[] read(String name) throws IOException {
    try (InputStream in = BlockCodecsTest.class.getResourceAsStream("/quants/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }
}
