package io.internvl.core.kernel;

import static io.internvl.core.kernel.VectorSupport.FLOATS;
import static io.internvl.core.kernel.VectorSupport.LANES;
import static io.internvl.core.kernel.VectorSupport.ORDER;
import static io.internvl.core.kernel.VectorSupport.VECTOR_BYTES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * A token for types of 16 bits, which are loaded in pairs as 32-bit lanes: of the elements of two
 * vectors first the even, then the odd ones, times a power of two.
 */
final class PairInput implements AutoCloseable {
  /** Even elements of two vectors, each wrapped into one: lanes 0, 2, .. of both. */
  private static final VectorShuffle<Float> EVEN =
      VectorShuffle.fromOp(FLOATS, lane -> 2 * lane % LANES);

  private static final VectorShuffle<Float> ODD =
      VectorShuffle.fromOp(FLOATS, lane -> 2 * lane % LANES + 1);

  /** Lanes that come from the second vector. */
  private static final VectorMask<Float> SECOND =
      VectorMask.fromLong(FLOATS, -1L << (LANES / 2) & ((1L << LANES) - 1));

  private final float factor;
  private final Buffer buffer = new Buffer();
  private MemorySegment segment = MemorySegment.NULL;
  private boolean ready;

  PairInput(float factor) {
    this.factor = factor;
  }

  void forget() {
    ready = false;
  }

  /** Orders the elements unless that was done already. */
  void prepare(MemorySegment x, int cols) {
    if (!ready) {
      segment = buffer.atLeast((long) cols * Float.BYTES);
      order(x, segment, cols, factor);
      ready = true;
    }
  }

  private static void order(MemorySegment x, MemorySegment y, int cols, float factor) {
    for (int i = 0; i < cols; i += 2 * LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, at, ORDER).mul(factor);
      FloatVector b =
          FloatVector.fromMemorySegment(FLOATS, x, at + VECTOR_BYTES, ORDER).mul(factor);
      a.rearrange(EVEN).blend(b.rearrange(EVEN), SECOND).intoMemorySegment(y, at, ORDER);
      a.rearrange(ODD)
          .blend(b.rearrange(ODD), SECOND)
          .intoMemorySegment(y, at + VECTOR_BYTES, ORDER);
    }
  }

  /** Returns the elements in order. */
  MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    buffer.close();
  }
}
