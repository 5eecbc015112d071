package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * A token for types whose blocks of 32 keep elements i and i + 16 in the two halves of byte i.
 *
 * <p>With byte b = low + 16 high, {@code low x + high z = low (x - z/16) + b z/16}: the high half
 * needs no shift. For each block there are 16 values of x - z/16, 16 of z/16, and 16 of x + z,
 * which is what an offset of the codes is multiplied with.
 */
final class NibbleInput {
  /** Floats for one block. */
  static final int BLOCK = 48;

  private float[] values = {}; // (cols / 32, 48)
  private boolean ready;

  void forget() {
    ready = false;
  }

  /** Computes the values unless they are there already. */
  void prepare(MemorySegment x, int cols) {
    if (!ready) {
      int blocks = cols / 32;
      if (values.length < blocks * BLOCK) {
        values = new float[blocks * BLOCK];
      }
      for (int block = 0; block < blocks; block++) {
        block(x, block * 32L * Float.BYTES, values, block * BLOCK);
      }
      ready = true;
    }
  }

  private static void block(MemorySegment x, long from, float[] y, int to) {
    for (int i = 0; i < 16; i += LANES) {
      long at = from + (long) i * Float.BYTES;
      FloatVector low = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER);
      FloatVector high = FloatVector.fromMemorySegment(FLOATS, x, at + 16 * Float.BYTES, ORDER);
      FloatVector part = high.mul(1f / 16);
      low.sub(part).intoArray(y, to + i);
      part.intoArray(y, to + 16 + i);
      low.add(high).intoArray(y, to + 32 + i);
    }
  }

  /** Returns the values, {@link #BLOCK} for each block. */
  float[] values() {
    return values;
  }
}
