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
final class NibbleInput implements AutoCloseable {
  /** Bytes for one block. */
  static final long BLOCK_BYTES = 48L * Float.BYTES;

  /** Where the factors of whole bytes start in a block. */
  static final long BYTE_FACTORS = 16L * Float.BYTES;

  /** Where the sums start in a block. */
  static final long SUMS = 32L * Float.BYTES;

  private final Buffer buffer = new Buffer();
  private MemorySegment segment = MemorySegment.NULL;
  private boolean ready;

  void forget() {
    ready = false;
  }

  /** Computes the values unless they are there already. */
  void prepare(MemorySegment x, int cols) {
    if (!ready) {
      int blocks = cols / 32;
      segment = buffer.atLeast(blocks * BLOCK_BYTES);
      for (int block = 0; block < blocks; block++) {
        block(x, block * 32L * Float.BYTES, segment, block * BLOCK_BYTES);
      }
      ready = true;
    }
  }

  private static void block(MemorySegment x, long from, MemorySegment y, long to) {
    for (int i = 0; i < 16; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector low = FloatVector.fromMemorySegment(FLOATS, x, from + at, ORDER);
      FloatVector high = FloatVector.fromMemorySegment(FLOATS, x, from + BYTE_FACTORS + at, ORDER);
      FloatVector part = high.mul(1f / 16);
      low.sub(part).intoMemorySegment(y, to + at, ORDER);
      part.intoMemorySegment(y, to + BYTE_FACTORS + at, ORDER);
      low.add(high).intoMemorySegment(y, to + SUMS + at, ORDER);
    }
  }

  /** Returns the values, {@link #BLOCK_BYTES} for each block. */
  MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    buffer.close();
  }
}
