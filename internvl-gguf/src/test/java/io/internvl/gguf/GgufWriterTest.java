package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufWriterTest {
  @TempDir Path directory;

  private GgufFile written(GgufWriter writer) throws IOException {
    Path path = directory.resolve("model.gguf");
    writer.writeTo(path);
    return GgufFile.open(path);
  }

  private static byte[] random(long bytes, long seed) {
    byte[] data = new byte[(int) bytes];
    new Random(seed).nextBytes(data);
    return data;
  }

  @Test
  void roundTripsEveryScalarType() throws IOException {
    GgufWriter writer =
        GgufWriter.create()
            .put("u8", GgufValueType.U8, 255)
            .put("i8", GgufValueType.I8, -128)
            .put("u16", GgufValueType.U16, 65_535)
            .put("i16", GgufValueType.I16, -32_768)
            .put("u32", GgufValueType.U32, 4_294_967_295L)
            .put("i32", GgufValueType.I32, Integer.MIN_VALUE)
            .put("u64", GgufValueType.U64, -1L)
            .put("i64", GgufValueType.I64, Long.MIN_VALUE)
            .put("f32", GgufValueType.F32, -0.0f)
            .put("f64", GgufValueType.F64, Math.PI)
            .put("bool", GgufValueType.BOOL, true)
            .put("string", GgufValueType.STRING, "größer 😀\n");
    try (GgufFile file = written(writer)) {
      GgufMetadata metadata = file.metadata();
      assertThat(metadata.value("u8")).contains((short) 255);
      assertThat(metadata.value("i8")).contains((byte) -128);
      assertThat(metadata.value("u16")).contains(65_535);
      assertThat(metadata.value("i16")).contains((short) -32_768);
      assertThat(metadata.value("u32")).contains(4_294_967_295L);
      assertThat(metadata.value("i32")).contains(Integer.MIN_VALUE);
      assertThat(metadata.value("u64")).contains(-1L);
      assertThat(metadata.value("i64")).contains(Long.MIN_VALUE);
      assertThat(metadata.value("f32")).contains(-0.0f);
      assertThat(metadata.value("f64")).contains(Math.PI);
      assertThat(metadata.value("bool")).contains(true);
      assertThat(metadata.value("string")).contains("größer 😀\n");
      for (String key : metadata.keys()) {
        assertThat(metadata.type(key).label()).isEqualTo(key);
        assertThat(metadata.isArray(key)).isFalse();
      }
    }
  }

  @Test
  void roundTripsArraysOfEveryType() throws IOException {
    GgufWriter writer =
        GgufWriter.create()
            .put("u8", GgufValueType.U8, new int[] {0, 255})
            .put("i8", GgufValueType.I8, new byte[] {-128, 127})
            .put("u16", GgufValueType.U16, new int[] {0, 65_535})
            .put("i16", GgufValueType.I16, new short[] {-32_768, 32_767})
            .put("u32", GgufValueType.U32, new long[] {0, 4_294_967_295L})
            .put("i32", new int[] {Integer.MIN_VALUE, 7})
            .put("u64", GgufValueType.U64, new long[] {0, -1})
            .put("i64", GgufValueType.I64, List.of(-1L, 2))
            .put("f32", new float[] {1.5f, Float.NEGATIVE_INFINITY})
            .put("f64", GgufValueType.F64, new double[] {0.1, Double.MIN_VALUE})
            .put("bool", GgufValueType.BOOL, new boolean[] {true, false})
            .put("string", List.of("", "Ġthe", "日本"));
    try (GgufFile file = written(writer)) {
      GgufMetadata metadata = file.metadata();
      assertThat(metadata.value("u8").orElseThrow()).isEqualTo(new short[] {0, 255});
      assertThat(metadata.value("i8").orElseThrow()).isEqualTo(new byte[] {-128, 127});
      assertThat(metadata.value("u16").orElseThrow()).isEqualTo(new int[] {0, 65_535});
      assertThat(metadata.value("i16").orElseThrow()).isEqualTo(new short[] {-32_768, 32_767});
      assertThat(metadata.value("u32").orElseThrow()).isEqualTo(new long[] {0, 4_294_967_295L});
      assertThat(metadata.value("i32").orElseThrow()).isEqualTo(new int[] {Integer.MIN_VALUE, 7});
      assertThat(metadata.value("u64").orElseThrow()).isEqualTo(new long[] {0, -1});
      assertThat(metadata.value("i64").orElseThrow()).isEqualTo(new long[] {-1, 2});
      assertThat(metadata.value("f32").orElseThrow())
          .isEqualTo(new float[] {1.5f, Float.NEGATIVE_INFINITY});
      assertThat(metadata.value("f64").orElseThrow())
          .isEqualTo(new double[] {0.1, Double.MIN_VALUE});
      assertThat(metadata.value("bool").orElseThrow()).isEqualTo(new boolean[] {true, false});
      assertThat(metadata.value("string").orElseThrow()).isEqualTo(new String[] {"", "Ġthe", "日本"});
      for (String key : metadata.keys()) {
        assertThat(metadata.type(key).label()).isEqualTo(key);
        assertThat(metadata.isArray(key)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(GgufValueType.class)
  void roundTripsEmptyArrays(GgufValueType type) throws IOException {
    try (GgufFile file = written(GgufWriter.create().put("none", type, List.of()))) {
      assertThat(file.metadata().isArray("none")).isTrue();
      assertThat(file.metadata().type("none")).isEqualTo(type);
    }
  }

  @Test
  void roundTripsStringsOfAllLengthsInOneArray() throws IOException {
    List<String> strings =
        List.of("a", "b".repeat(70_000), "", "ö".repeat(40_000), "c", "d".repeat(65_528), "e");
    try (GgufFile file = written(GgufWriter.create().put("strings", strings))) {
      assertThat(file.metadata().strings("strings")).isEqualTo(strings);
    }
  }

  @Test
  void convenienceMethodsChooseTypesThatLlamaCppExpects() throws IOException {
    GgufWriter writer =
        GgufWriter.create()
            .put("int", 1)
            .put("long", 1L)
            .put("float", 1f)
            .put("boolean", true)
            .put("string", "s");
    try (GgufFile file = written(writer)) {
      assertThat(file.metadata().keys().stream().map(file.metadata()::type))
          .containsExactly(
              GgufValueType.U32,
              GgufValueType.U64,
              GgufValueType.F32,
              GgufValueType.BOOL,
              GgufValueType.STRING);
    }
  }

  @ParameterizedTest
  @EnumSource(TensorType.class)
  void roundTripsEveryTensorType(TensorType type) throws IOException {
    long[] shape = {3L * type.blockSize(), 5, 2};
    byte[] data = random(type.byteSize(shape[0] * 10), type.id());
    GgufWriter writer =
        GgufWriter.create()
            .tensor("first", TensorType.I8, new long[] {1}, MemorySegment.ofArray(new byte[1]))
            .tensor("t", type, shape, MemorySegment.ofArray(data));
    try (GgufFile file = written(writer)) {
      GgufTensor tensor = file.require("t");
      assertThat(tensor.type()).isEqualTo(type);
      assertThat(tensor.shape()).containsExactly(shape[0], 5L, 2L);
      assertThat(tensor.cols()).isEqualTo(shape[0]);
      assertThat(tensor.rows()).isEqualTo(10);
      assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(data);
    }
  }

  @Test
  void roundTripsEveryRankAndEmptyTensors() throws IOException {
    GgufWriter writer = GgufWriter.create();
    long[][] shapes = {{}, {4}, {4, 3}, {4, 3, 2}, {4, 3, 2, 5}, {0}, {4, 0}};
    for (long[] shape : shapes) {
      long elements = 1;
      for (long size : shape) {
        elements *= size;
      }
      byte[] data = random(4 * elements, shape.length);
      writer.tensor(
          "t" + shape.length + "_" + elements, TensorType.F32, shape, MemorySegment.ofArray(data));
    }
    try (GgufFile file = written(writer)) {
      assertThat(file.tensors()).hasSize(shapes.length);
      assertThat(file.require("t0_1").elements()).isEqualTo(1);
      assertThat(file.require("t4_120").dim(3)).isEqualTo(5);
      assertThat(file.require("t4_120").dim(4)).isEqualTo(1);
      assertThat(file.require("t1_0").data().byteSize()).isZero();
      assertThat(file.require("t1_0").rows()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 32, 64, 4096})
  void placesTensorsBackToBackWithPadding(int alignment) throws IOException {
    GgufWriter writer = GgufWriter.create().alignment(alignment);
    for (int i = 1; i <= 5; i++) {
      byte[] data = random(7L * i, i);
      writer.tensor("t" + i, TensorType.I8, new long[] {7L * i}, MemorySegment.ofArray(data));
    }
    try (GgufFile file = written(writer)) {
      long expected = file.tensors().getFirst().data().address();
      assertThat(file.sizeBytes() % alignment).isZero();
      for (GgufTensor tensor : file.tensors()) {
        assertThat(tensor.data().address()).isEqualTo(expected);
        assertThat(tensor.data().address() % alignment).isZero();
        expected += Math.ceilDiv(tensor.data().byteSize(), alignment) * (long) alignment;
        int number = Integer.parseInt(tensor.name().substring(1));
        assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE))
            .isEqualTo(random(7L * number, number));
      }
    }
  }

  @Test
  void takesFloatArraysAndNativeMemory() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nativeData = arena.allocate(8);
      nativeData.set(ValueLayout.JAVA_LONG, 0, 42);
      GgufWriter writer =
          GgufWriter.create()
              .tensor(
                  "heap", TensorType.F32, new long[] {2}, MemorySegment.ofArray(new float[] {1, 2}))
              .tensor("native", TensorType.I64, new long[] {1}, nativeData);
      try (GgufFile file = written(writer)) {
        assertThat(file.require("heap").data().toArray(ValueLayout.JAVA_FLOAT))
            .containsExactly(1, 2);
        assertThat(file.require("native").data().get(ValueLayout.JAVA_LONG, 0)).isEqualTo(42);
      }
    }
  }

  @Test
  void streamsDataInSmallAndLargePieces() throws IOException {
    byte[] data = random(3_000_000, 1);
    GgufWriter writer =
        GgufWriter.create()
            .tensor(
                "rows",
                TensorType.I8,
                new long[] {1000, 3000},
                out -> {
                  for (int row = 0; row < 3000; row++) {
                    out.write(ByteBuffer.wrap(data, row * 1000, 1000));
                  }
                })
            .tensor(
                "whole",
                TensorType.I8,
                new long[] {data.length},
                out -> {
                  ByteBuffer all = ByteBuffer.wrap(data);
                  assertThat(out.write(all)).isEqualTo(data.length);
                  assertThat(all.hasRemaining()).isFalse();
                });
    try (GgufFile file = written(writer)) {
      assertThat(file.require("rows").data().mismatch(MemorySegment.ofArray(data))).isEqualTo(-1);
      assertThat(file.require("whole").data().mismatch(MemorySegment.ofArray(data))).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 17})
  void leavesNothingBehindWhenSourceWritesWrongSize(int bytes) {
    GgufWriter writer =
        GgufWriter.create()
            .tensor(
                "t", TensorType.F32, new long[] {4}, out -> out.write(ByteBuffer.allocate(bytes)));
    assertThatIllegalStateException()
        .isThrownBy(() -> writer.writeTo(directory.resolve("broken.gguf")))
        .withMessage("the source of tensor 't' wrote " + bytes + " bytes, expected 16");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void replacesFileThatItCopiesFrom() throws IOException {
    Path path = Resources.copy("/vision/vit-300m-style.mmproj.gguf", directory);
    byte[] before = Files.readAllBytes(path);
    try (GgufFile file = GgufFile.open(path)) {
      GgufWriter writer = GgufWriter.create().putAll(file.metadata());
      file.tensors().forEach(writer::tensor);
      writer.writeTo(path);
    }
    assertThat(path).hasBinaryContent(before);
    assertThat(directory).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void replacesAndRemovesKeys() throws IOException {
    GgufWriter writer =
        GgufWriter.create().put("a", 1).put("b", 2).put("a", "text").remove("b").remove("c");
    try (GgufFile file = written(writer)) {
      assertThat(file.metadata().keys()).containsExactly("a");
      assertThat(file.metadata().string("a")).isEqualTo("text");
    }
  }

  @Test
  void rejectsValuesOutOfRange() {
    GgufWriter writer = GgufWriter.create();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.put("k", -1))
        .withMessage("key 'k': -1 is out of the range of type u32");
    assertThatIllegalArgumentException().isThrownBy(() -> writer.put("k", -1L));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.put("k", GgufValueType.U8, 256));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.put("k", GgufValueType.I8, 128));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.put("k", GgufValueType.I16, new int[] {0, -32_769}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.put("k", GgufValueType.U32, 1L << 32));
  }

  @Test
  void rejectsValuesOfOtherType() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GgufWriter.create().put("k", GgufValueType.F32, 1))
        .withMessage("key 'k': Integer is no value of type f32");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GgufWriter.create().put("k", GgufValueType.STRING, List.of("a", 1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GgufWriter.create().put("k", GgufValueType.I32, new int[][] {{1}}));
  }

  @Test
  void rejectsKeysThatAreEmptyOrReserved() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GgufWriter.create().put("", 1))
        .withMessage("the key is empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GgufWriter.create().put("split.count", 1))
        .withMessage("key 'split.count' is set by writeSplit");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 48})
  void rejectsAlignmentThatIsNoPowerOfTwo(int alignment) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GgufWriter.create().alignment(alignment))
        .withMessageContaining(alignment + " is no power of two");
  }

  @Test
  void rejectsUnfitTensors() {
    GgufWriter writer = GgufWriter.create();
    MemorySegment data = MemorySegment.ofArray(new byte[16]);
    writer.tensor("t", TensorType.F32, new long[] {4}, data);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("t", TensorType.F32, new long[] {4}, data))
        .withMessage("tensor 't' was added already");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("u", TensorType.F32, new long[] {5}, data))
        .withMessage("tensor 'u' has 16 bytes of data, F32 [5] takes 20");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("u", TensorType.Q4_K, new long[] {64, 4}, data))
        .withMessage(
            "tensor 'u' has rows of 64 elements, expected a multiple of Q4_K's block of 256");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("u", TensorType.F32, new long[] {1, 1, 1, 1, 4}, data))
        .withMessage("tensor 'u' has 5 dimensions, allowed are 0 to 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("u".repeat(64), TensorType.F32, new long[] {4}, data))
        .withMessageContaining("has a name of 64 bytes, allowed are 1 to 63");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("", TensorType.F32, new long[] {4}, data));
  }
}
