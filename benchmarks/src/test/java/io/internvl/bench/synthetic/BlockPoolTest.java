package io.internvl.bench.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.internvl.core.quant.BlockCodecs;
import io.internvl.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockPoolTest {
  private static final int ELEMENTS = 256 * 1024;
  private static final float DEVIATION = 0.02f;

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"})
  void decodesToWeightsOfTheWantedSize(TensorType type) {
    MemorySegment blocks = MemorySegment.ofArray(new byte[(int) type.byteSize(ELEMENTS)]);
    BlockPool.create(type, DEVIATION, 7).fill(blocks);
    float[] values = new float[ELEMENTS];
    BlockCodecs.of(type).decode(blocks, 0, values, 0, ELEMENTS);
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      assertThat(value).isFinite();
      sum += value;
      squares += value * value;
    }
    assertThat(sum / ELEMENTS).isCloseTo(0, within(0.3 * DEVIATION));
    assertThat(Math.sqrt(squares / ELEMENTS)).isCloseTo(DEVIATION, within(0.4 * DEVIATION));
  }
}
