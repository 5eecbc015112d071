package io.internvl.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows decoded for tiles are bit for bit those of the definition. */
class RowCodecTest {
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"Q8_1", "Q8_K", "F64", "I8", "I16", "I32", "I64"})
  void rowsAreBitExact(TensorType type) throws IOException {
    byte[] blocks;
    try (InputStream in =
        RowCodecTest.class.getResourceAsStream("/quants/" + type + ".blocks.bin")) {
      assertThat(in).isNotNull();
      blocks = in.readAllBytes();
    }
    int elements = blocks.length / type.blockBytes() * type.blockSize();
    float[] expected = new float[elements];
    BlockCodecs.of(type).decode(MemorySegment.ofArray(blocks), 0, expected, 0, elements);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(blocks.length, 64);
      MemorySegment.copy(MemorySegment.ofArray(blocks), 0, data, 0, blocks.length);
      WeightMatrix matrix = new WeightMatrix("w", type, 2, elements / 2, data);
      for (int row = 0; row < 2; row++) {
        for (int col = 0; col < elements / 2; col += 256) {
          float[] target = new float[256 + 3];
          RowCodec.decode(matrix, row, col, 256, target, 3);
          for (int i = 0; i < 256; i++) {
            assertThat(Float.floatToRawIntBits(target[3 + i]))
                .isEqualTo(Float.floatToRawIntBits(expected[row * elements / 2 + col + i]));
          }
        }
      }
    }
  }
}
