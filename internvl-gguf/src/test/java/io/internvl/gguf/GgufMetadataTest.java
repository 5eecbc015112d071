package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufMetadataTest {
  @TempDir Path directory;
  private Path path;
  private GgufMetadata metadata;

  @BeforeEach
  void writeAndRead() throws IOException {
    path = directory.resolve("m.gguf");
    GgufWriter.create()
        .put("u8", GgufValueType.U8, 200)
        .put("i16", GgufValueType.I16, -5)
        .put("i64", GgufValueType.I64, -1L << 40)
        .put("u64", GgufValueType.U64, -1L)
        .put("f32", 0.1f)
        .put("f64", GgufValueType.F64, 0.1)
        .put("bool", true)
        .put("string", "text")
        .put("bytes", GgufValueType.U8, new int[] {1, 255})
        .put("longs", GgufValueType.I64, new long[] {1, 1L << 31})
        .put("doubles", GgufValueType.F64, new double[] {0.1})
        .put("floats", new float[] {0.5f})
        .put("strings", List.of("a", "b"))
        .writeTo(path);
    try (GgufFile file = GgufFile.open(path)) {
      metadata = file.metadata();
    }
  }

  private void assertFails(ThrowingCallable call, String message) {
    assertThatExceptionOfType(GgufException.class)
        .isThrownBy(call)
        .withMessage(path + ": " + message);
  }

  @Test
  void readsIntegersOfAnyType() {
    assertThat(metadata.integer("u8")).isEqualTo(200);
    assertThat(metadata.int32("i16")).isEqualTo(-5);
    assertThat(metadata.integer("i64")).isEqualTo(-1L << 40);
    assertThat(metadata.ints("bytes")).containsExactly(1, 255);
  }

  @Test
  void readsFloatsOfBothTypes() {
    assertThat(metadata.float32("f32")).isEqualTo(0.1f);
    assertThat(metadata.float32("f64")).isEqualTo(0.1f);
    assertThat(metadata.floats("doubles")).containsExactly(0.1f);
    assertThat(metadata.floats("floats")).containsExactly(0.5f);
  }

  @Test
  void returnsDefaultsForMissingKeys() {
    assertThat(metadata.string("none", "d")).isEqualTo("d");
    assertThat(metadata.integer("none", 7L)).isEqualTo(7);
    assertThat(metadata.int32("none", 7)).isEqualTo(7);
    assertThat(metadata.float32("none", 7f)).isEqualTo(7);
    assertThat(metadata.bool("none", true)).isTrue();
    assertThat(metadata.value("none")).isEmpty();
    assertThat(metadata.has("none")).isFalse();
  }

  @Test
  void prefersValuesToDefaults() {
    assertThat(metadata.string("string", "d")).isEqualTo("text");
    assertThat(metadata.integer("u8", 7L)).isEqualTo(200);
    assertThat(metadata.int32("u8", 7)).isEqualTo(200);
    assertThat(metadata.float32("f32", 7f)).isEqualTo(0.1f);
    assertThat(metadata.bool("bool", false)).isTrue();
    assertThat(metadata.has("u8")).isTrue();
  }

  @Test
  void namesMissingKey() {
    assertFails(() -> metadata.string("none"), "key 'none' is missing");
    assertFails(() -> metadata.strings("none"), "key 'none' is missing");
    assertFails(() -> metadata.type("none"), "key 'none' is missing");
  }

  @Test
  void namesFoundAndWantedType() {
    assertFails(() -> metadata.string("u8"), "key 'u8' is of type u8, expected a string");
    assertFails(
        () -> metadata.integer("string", 1L),
        "key 'string' is of type string, expected an integer");
    assertFails(
        () -> metadata.integer("bytes"), "key 'bytes' is of type array of u8, expected an integer");
    assertFails(() -> metadata.float32("u8"), "key 'u8' is of type u8, expected a float");
    assertFails(() -> metadata.bool("u8", true), "key 'u8' is of type u8, expected a bool");
    assertFails(
        () -> metadata.strings("string"),
        "key 'string' is of type string, expected an array of strings");
    assertFails(
        () -> metadata.ints("floats"),
        "key 'floats' is of type array of f32, expected an array of integers");
    assertFails(
        () -> metadata.floats("f32"), "key 'f32' is of type f32, expected an array of floats");
  }

  @Test
  void namesValuesOutOfRange() {
    assertFails(
        () -> metadata.integer("u64"),
        "key 'u64' is 18446744073709551615, allowed are -9223372036854775808 to"
            + " 9223372036854775807");
    assertFails(
        () -> metadata.int32("i64"),
        "key 'i64' is -1099511627776, allowed are -2147483648 to 2147483647");
    assertFails(
        () -> metadata.ints("longs"),
        "key 'longs' is 2147483648, allowed are -2147483648 to 2147483647");
  }

  @Test
  void givesCopiesOfArrays() {
    metadata.floats("floats")[0] = 9;
    ((float[]) metadata.value("floats").orElseThrow())[0] = 9;
    assertThat(metadata.floats("floats")).containsExactly(0.5f);
    assertThat(metadata.strings("strings")).isUnmodifiable();
    assertThat(metadata.keys()).isUnmodifiable();
  }
}
