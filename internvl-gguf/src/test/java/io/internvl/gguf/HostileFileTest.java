package io.internvl.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and malicious files: each is refused with a message that says what is wrong where. */
class HostileFileTest {
  private static final int F32 = TensorType.F32.id();
  private static final int Q4_K = TensorType.Q4_K.id();
  private static final int STRING = GgufValueType.STRING.id();

  @TempDir Path directory;

  private void assertRefused(GgufBytes bytes, String... contents) throws IOException {
    Path path = bytes.save(directory);
    assertThatExceptionOfType(GgufException.class)
        .isThrownBy(() -> GgufFile.open(path).close())
        .withMessageStartingWith(path + ": ")
        .withMessageContainingAll(contents)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(path.toString().length() + 400));
  }

  @Test
  void refusesEmptyAndTinyFiles() throws IOException {
    assertRefused(new GgufBytes(), "0 bytes, too short for the GGUF header of 24");
    assertRefused(GgufBytes.start(3).u64(0), "16 bytes, too short");
  }

  @Test
  void refusesOtherMagic() throws IOException {
    assertRefused(
        new GgufBytes().raw("GGML".getBytes(StandardCharsets.US_ASCII)).u32(3).u64(0).u64(0),
        "starts with the bytes 47474d4c, expected 47475546 ('GGUF')");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, -1})
  void refusesOtherVersions(int version) throws IOException {
    assertRefused(
        GgufBytes.start(version).u64(0).u64(0),
        "GGUF version " + Integer.toUnsignedString(version) + " at offset 4",
        "supported are 2 and 3");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void refusesBigEndianFiles(int version) throws IOException {
    assertRefused(
        GgufBytes.start(Integer.reverseBytes(version)).u64(0).u64(0),
        "big-endian",
        "at offset 4",
        "convert the file to little-endian");
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 1L << 32, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void refusesAbsurdTensorCount(long count) throws IOException {
    assertRefused(
        GgufBytes.header(count, 0).raw(new byte[40]),
        "the tensor count at offset 8 is " + Long.toUnsignedString(count),
        "room for at most 2");
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 1L << 32, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void refusesAbsurdKeyCount(long count) throws IOException {
    assertRefused(
        GgufBytes.header(0, count).raw(new byte[40]),
        "the key count at offset 16 is " + Long.toUnsignedString(count),
        "room for at most 2");
  }

  @ParameterizedTest
  @ValueSource(longs = {9, 1L << 33, Long.MAX_VALUE, -1})
  void refusesAbsurdKeyLength(long length) throws IOException {
    assertRefused(
        GgufBytes.header(0, 1).u64(length).raw(new byte[8]),
        "the length of a key at offset 24 is " + Long.toUnsignedString(length),
        "room for at most 8");
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 1L << 40, Long.MAX_VALUE, -1})
  void refusesAbsurdStringLength(long length) throws IOException {
    assertRefused(
        GgufBytes.header(0, 1).text("some.key").u32(STRING).u64(length).raw(new byte[4]),
        "the value of key 'some.key' at offset 44 is " + Long.toUnsignedString(length),
        "room for at most 4");
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 1L << 31, Long.MAX_VALUE, -1})
  void refusesAbsurdArrayLength(long length) throws IOException {
    assertRefused(
        array("a.b", GgufValueType.I64.id(), length).raw(new byte[16]),
        "the length of key 'a.b' at offset 43 is " + Long.toUnsignedString(length),
        "room for at most 2");
  }

  @Test
  void refusesStringArrayThatEndsInside() throws IOException {
    assertRefused(
        array("a.b", STRING, 2).text("one").u64(2).raw((byte) 'x'),
        "the value of key 'a.b' at offset 62 is 2, but the rest of the file has room for at most"
            + " 1");
    assertRefused(
        array("a.b", STRING, 2).text("0123456789").raw(new byte[7]),
        "the value of key 'a.b' at offset 69 needs 8 bytes, but the file ends at 76");
  }

  @Test
  void refusesStringArrayWithNegativeLength() throws IOException {
    assertRefused(
        array("a.b", STRING, 2).text("one").u64(-5).raw(new byte[100]),
        "the value of key 'a.b' at offset 62 is 18446744073709551611");
  }

  private static GgufBytes array(String key, int elementType, long length) {
    return GgufBytes.header(0, 1)
        .text(key)
        .u32(GgufValueType.ARRAY_ID)
        .u32(elementType)
        .u64(length);
  }

  @Test
  void refusesNestedArrays() throws IOException {
    assertRefused(
        array("nested", GgufValueType.ARRAY_ID, 1).raw(new byte[100]),
        "the value of key 'nested' at offset 42 has the type 9, an array in an array");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 255, Integer.MAX_VALUE, -1})
  void refusesUnknownValueTypes(int id) throws IOException {
    assertRefused(
        GgufBytes.header(0, 1).text("k").u32(id).raw(new byte[100]),
        "the value of key 'k' at offset 33 has the type " + Integer.toUnsignedString(id),
        "allowed are 0 to 12");
    assertRefused(
        array("k", id, 1).raw(new byte[100]),
        "the value of key 'k' at offset 37 has the type " + Integer.toUnsignedString(id));
  }

  @Test
  void refusesEmptyKey() throws IOException {
    assertRefused(
        GgufBytes.header(0, 2).pair("k", 1).pair("", 1).raw(new byte[8]),
        "the key at offset 41 is empty");
  }

  @Test
  void refusesDuplicateKey() throws IOException {
    assertRefused(
        GgufBytes.header(0, 3).pair("k", 1).pair("l", 1).pair("k", 2),
        "key 'k' occurs twice, again at offset 58");
  }

  @Test
  void refusesDuplicateTensorName() throws IOException {
    assertRefused(
        GgufBytes.header(2, 0).tensor("t", F32, 0, 8).tensor("t", F32, 32, 8).data(64),
        "tensor 't' at offset 57 has the name of an earlier tensor");
  }

  @Test
  void refusesUnfitTensorNames() throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("", F32, 0, 8).data(32),
        "at offset 24 has a name of 0 bytes, allowed are 1 to 63");
    assertRefused(
        GgufBytes.header(1, 0).tensor("n".repeat(64), F32, 0, 8).data(32),
        "has a name of 64 bytes, allowed are 1 to 63");
  }

  @Test
  void keepsMessagesShortAndPrintable() throws IOException {
    String key = "\u001b[31m\n" + "k".repeat(100_000);
    Path path = GgufBytes.header(0, 2).pair(key, 1).pair(key, 1).save(directory);
    assertThatExceptionOfType(GgufException.class)
        .isThrownBy(() -> GgufFile.open(path).close())
        .withMessageContaining("... (100006 characters)' occurs twice")
        .withMessageNotContainingAny("\u001b", "\n");
    assertThat(path).isNotEmptyFile();
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 1000, Integer.MAX_VALUE, -1})
  void refusesTooManyDimensions(int rank) throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).text("t").u32(rank).raw(new byte[100]),
        "tensor 't' at offset 24 has " + Integer.toUnsignedString(rank) + " dimensions",
        "allowed are 0 to 4");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 31, 33, 36, 38, 43, 97, 138, Integer.MAX_VALUE, -1})
  void refusesUnknownTensorTypes(int id) throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", id, 0, 256).data(1024),
        "tensor 't' at offset 24 has the unknown type " + Integer.toUnsignedString(id),
        "known are ggml's 0 to 42");
  }

  @Test
  void refusesNegativeSizes() throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 0, 8, -1).data(32),
        "tensor 't' at offset 24 has the size 18446744073709551615, allowed are 0 to 2^63 - 1");
  }

  @Test
  void refusesShapesThatOverflow() throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 0, 1L << 32, 1L << 31).data(32),
        "tensor 't' at offset 24 has the shape [4294967296, 2147483648] of more than 2^63 - 1"
            + " elements");
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 0, 1L << 62).data(32),
        "has the shape [4611686018427387904] of more than 2^63 - 1 bytes");
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 0, 1L << 16, 1L << 16, 1L << 16, 1L << 16).data(32),
        "of more than 2^63 - 1 elements");
  }

  @Test
  void refusesRowsOfPartialBlocks() throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", Q4_K, 0, 128, 2).data(144),
        "tensor 't' at offset 24 has rows of 128 elements",
        "expected a multiple of Q4_K's block of 256");
  }

  @Test
  void refusesTensorsBeyondTheEnd() throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 32, 9).data(64),
        "tensor 't' of 36 bytes at data offset 32 reaches beyond the file",
        "data starts at 64 and the file ends at 128");
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 0, 1L << 40).data(64),
        "tensor 't' of 4398046511104 bytes at data offset 0 reaches beyond the file");
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 1L << 62, 8).data(64),
        "at data offset 4611686018427387904 reaches beyond the file");
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, -32, 8).data(64),
        "at data offset 18446744073709551584 reaches beyond the file");
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 0, 8),
        "tensor 't' of 32 bytes at data offset 0 reaches beyond the file",
        "data starts at 64 and the file ends at 57");
  }

  @Test
  void refusesMisalignedTensors() throws IOException {
    assertRefused(
        GgufBytes.header(1, 0).tensor("t", F32, 16, 4).data(64),
        "tensor 't' is at data offset 16, expected a multiple of the alignment 32");
  }

  @Test
  void refusesOverlappingTensors() throws IOException {
    assertRefused(
        GgufBytes.header(3, 0)
            .tensor("a", F32, 64, 8)
            .tensor("b", F32, 0, 9)
            .tensor("c", F32, 32, 4)
            .data(128),
        "tensor 'c' at data offset 32 overlaps tensor 'b', which ends at 36");
    assertRefused(
        GgufBytes.header(2, 0).tensor("a", F32, 0, 4).tensor("b", F32, 0, 4).data(64), "overlaps");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 33, -1})
  void refusesBadAlignment(int alignment) throws IOException {
    assertRefused(
        GgufBytes.header(0, 1).pair("general.alignment", alignment),
        "key 'general.alignment' is " + Integer.toUnsignedString(alignment),
        "expected a power of two");
  }

  @Test
  void refusesAlignmentThatIsNoInteger() throws IOException {
    assertRefused(
        GgufBytes.header(0, 1).text("general.alignment").u32(STRING).text("32"),
        "key 'general.alignment' is of type string, expected an integer");
  }

  @Test
  void releasesRefusedFiles() throws IOException {
    Path path = GgufBytes.header(1, 0).tensor("t", F32, 16, 4).data(64).save(directory);
    assertThatExceptionOfType(GgufException.class).isThrownBy(() -> GgufFile.open(path));
    Path mappings = Path.of("/proc/self/maps");
    assumeTrue(Files.exists(mappings), "the mappings of a process can be seen on Linux only");
    assertThat(Files.readString(mappings)).doesNotContain(path.toString());
  }
}
