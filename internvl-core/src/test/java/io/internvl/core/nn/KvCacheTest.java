package io.internvl.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.internvl.core.kernel.KvLayer;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class KvCacheTest {
  private static final int HEAD_DIM = 1 << 16;
  private static final int LAST = Integer.MAX_VALUE;

  /** 2^48 bytes: more than an address space holds. */
  @Test
  void aCacheThatCannotGrowStaysAsItWasAndIsFreed() {
    KvCache cache = new KvCache(1, 1, HEAD_DIM, LAST, KvLayer.Format.F16);
    KvLayer layer = cache.layer(0);
    cache.advance(7);
    assertThatThrownBy(() -> cache.reserve(LAST)).isInstanceOf(OutOfMemoryError.class);
    assertThat(cache.layer(0)).isSameAs(layer);
    assertThat(cache.length()).isEqualTo(7);
    cache.close();
    try (Arena arena = Arena.ofConfined()) {
      KvLayer other = new KvLayer(arena, 1, HEAD_DIM, 1, KvLayer.Format.F16);
      assertThatThrownBy(() -> other.copyFrom(layer, 1)).isInstanceOf(IllegalStateException.class);
    }
  }
}
