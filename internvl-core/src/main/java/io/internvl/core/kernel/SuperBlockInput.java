package io.internvl.core.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A token for {@link GemvSuperKernel}: of each super-block first the elements of the first bytes of
 * the sixteen lanes of the first quarter, then of the second bytes, and so on; and the sums of the
 * elements of each scale, for types with minima times 128 first and then as they are.
 */
final class SuperBlockInput {
  /** Elements of a block. */
  static final int BLOCK = 256;

  /** Sums of a block: sixteen, or eight twice. */
  static final int SCALES = 16;

  /** What kernels add to codes. */
  static final float OFFSET = 128f;

  private static final int LANE_BYTES = Integer.BYTES;

  private final int[] source = new int[BLOCK]; // element of each place
  private final int scaleElements;
  private final boolean minima;
  private float[] values = {}; // (cols)
  private float[] sums = {}; // (cols / 256, 16)
  private boolean ready;

  SuperBlockInput(SuperBlockOrder order) {
    scaleElements = order.scaleElements();
    minima = order == SuperBlockOrder.PAIRS_OF_32;
    for (int i = 0; i < BLOCK; i++) {
      int lane = i % SuperBlockOrder.LANES;
      int part = i / SuperBlockOrder.LANES;
      source[i] = order.element(part / LANE_BYTES, lane) + part % LANE_BYTES;
    }
  }

  void forget() {
    ready = false;
  }

  /** Orders and adds up the elements unless that was done already. */
  void prepare(MemorySegment x, int cols) {
    if (ready) {
      return;
    }
    if (values.length < cols) {
      values = new float[cols];
      sums = new float[cols / BLOCK * SCALES];
    }
    for (int block = 0; block < cols / BLOCK; block++) {
      arrange(x, block);
      addUp(x, block);
    }
    ready = true;
  }

  private void arrange(MemorySegment x, int block) {
    int first = block * BLOCK;
    for (int i = 0; i < BLOCK; i++) {
      values[first + i] = x.getAtIndex(ValueLayout.JAVA_FLOAT, first + source[i]);
    }
  }

  private void addUp(MemorySegment x, int block) {
    for (int i = 0; i < SCALES; i++) {
      int first = block * BLOCK + i * scaleElements % BLOCK;
      float sum = 0;
      for (int j = 0; j < scaleElements; j++) {
        sum += x.getAtIndex(ValueLayout.JAVA_FLOAT, first + j);
      }
      sums[block * SCALES + i] = minima && i < SCALES / 2 ? OFFSET * sum : sum;
    }
  }

  float[] values() {
    return values;
  }

  float[] sums() {
    return sums;
  }
}
